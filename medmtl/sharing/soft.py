"""Soft sharing: one encoder per task, held near each other."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.errors import MedmtlError
from medmtl.members import Member, build
from medmtl.sharing.base import Sharing
from medmtl.tensors import Pyramid


class SoftSharing(Sharing):
    """Every task has an encoder of its own; `strength` times the squared distance of each to their mean is added.

    The encoders begin equal. Strength 0 trains them apart, as single tasks are; a large one is hard sharing, at T
    times its cost. Source: Duong et al., Low resource dependency parsing, ACL 2015; the anchored form of Evgeniou and
    Pontil, Regularized multi-task learning, KDD 2004.
    """

    def __init__(self, encoder: Member, tasks: Sequence[str], strength: float = 1e-2) -> None:
        super().__init__()
        if strength < 0:
            raise MedmtlError(f"strength must be 0 or more. Found {strength}.")
        first = build(encoder, Encoder)  # type: ignore[type-abstract]  # the base is only checked against
        self.channels = first.channels
        self.strength = strength
        self.encoders = nn.ModuleDict({task: copy.deepcopy(first) for task in tasks})

    def forward(self, image: Tensor) -> dict[str, Pyramid]:
        """Return each task's own pyramid."""
        return {task: encoder(image) for task, encoder in self.encoders.items()}

    def penalty(self) -> Tensor:
        """Return strength times the sum of squared distances to the mean."""
        if self.strength == 0:
            return torch.zeros(())
        sets = zip(*(encoder.parameters() for encoder in self.encoders.values()), strict=True)
        return self.strength * torch.stack([_spread(torch.stack(same)) for same in sets]).sum()


def _spread(same: Tensor) -> Tensor:
    return (same - same.mean(dim=0)).square().sum()
