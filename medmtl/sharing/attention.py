"""Task attention: one encoder, and a soft mask per task on every one of its maps."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class TaskAttention(Sharing):
    """MTAN: each task takes from every shared map what its own mask in [0, 1] lets through.

    The mask of a level is computed from the shared map and from what the task took one level finer. Source: Liu, Johns
    and Davison, End-to-end multi-task learning with attention, CVPR 2019; one 1 x 1 x 1 bottleneck per level.
    """

    def __init__(self, encoder: Member, tasks: Sequence[str], reduction: int = 2) -> None:
        super().__init__()
        self.encoder = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = self.encoder.channels
        self.masks = nn.ModuleDict({task: _Masks(self.channels, reduction) for task in tasks})

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's pyramid of masked maps."""
        shared: Pyramid = self.encoder(image)
        return {task: masks(shared) for task, masks in self.masks.items()}


class _Masks(nn.Module):
    """One task's masks, and what they let through."""

    def __init__(self, channels: Sequence[int], reduction: int) -> None:
        super().__init__()
        before = (0, *channels)
        self.masks = nn.ModuleList(
            _mask(finer + own, own, max(1, own // reduction)) for finer, own in zip(before, channels, strict=False)
        )

    def forward(self, shared: Pyramid) -> Pyramid:
        taken: list[Tensor] = []
        for maps, mask in zip(shared, self.masks, strict=True):
            seen = [nn.functional.max_pool3d(taken[-1], 2), maps] if taken else [maps]
            taken.append(mask(torch.cat(seen, dim=1)) * maps)
        return tuple(taken)


def _mask(channels_in: int, channels: int, between: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(channels_in, between, 1), nn.LeakyReLU(0.01), nn.Conv3d(between, channels, 1), nn.Sigmoid()
    )
