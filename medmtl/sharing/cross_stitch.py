"""Cross-stitch: one encoder per task, which exchange feature maps after every level."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.staged import StagedEncoder
from medmtl.errors import MedmtlError
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class CrossStitch(Sharing):
    """After each level every task's map becomes a learned sum of all tasks' maps, channel by channel.

    A task begins with `own` of its own map and an equal part of what is left of the others'. The unit matrix is no
    sharing, equal entries average. Source: Misra et al., Cross-stitch networks for multi-task learning, CVPR 2016.
    """

    def __init__(self, encoder: Member, tasks: Sequence[str], own: float = 0.9) -> None:
        super().__init__()
        if not 0 <= own <= 1:
            raise MedmtlError(f"own must be from 0 to 1. Found {own}.")
        first = build(encoder, StagedEncoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = first.channels
        self.encoders = nn.ModuleDict({task: copy.deepcopy(first) for task in tasks})
        start = _start(len(tasks), own)
        self.stitches = nn.ParameterList(
            nn.Parameter(start[:, :, None].repeat(1, 1, channels)) for channels in self.channels
        )

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's pyramid of stitched maps."""
        encoders = [encoder for encoder in self.encoders.values() if isinstance(encoder, StagedEncoder)]
        current = [image for _ in encoders]
        levels = []
        for index, stitch in enumerate(self.stitches):
            found = torch.stack([encoder.levels[index](x) for encoder, x in zip(encoders, current, strict=True)])
            current = list(torch.einsum("tsc,sbcdhw->tbcdhw", stitch.to(found.dtype), found).unbind())
            levels.append(current)
        return {task: tuple(level[row] for level in levels) for row, task in enumerate(self.encoders)}


def _start(tasks: int, own: float) -> Tensor:
    if tasks == 1:
        return torch.ones(1, 1)
    others = (1 - own) / (tasks - 1)
    return torch.full((tasks, tasks), others) + (own - others) * torch.eye(tasks)
