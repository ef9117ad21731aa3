"""A balancer in a file of its own: the geometric mean of the task losses."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.losses.base import TaskLoss

_SMALLEST = 1e-6  # a loss of exactly 0 has no logarithm


class GeometricMean(Balancer):
    """The geometric mean of the losses: a task is weighed by its relative progress, whatever its scale.

    Source: Chennupati et al., MultiNet++: multi-stream feature aggregation and geometric loss strategy for multi-task
    learning, CVPR Workshops 2019.
    """

    def __init__(self, tasks: Sequence[str], power: float = 1.0) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.power = power

    def forward(self, losses: Mapping[str, TaskLoss]) -> Tensor:
        """Return (product of the losses)^(power / their number); a zero with a gradient path if no task spoke."""
        known = [loss.value.clamp(min=_SMALLEST).log() for loss in losses.values() if loss.active]
        if not known:
            return torch.stack([loss.value for loss in losses.values()]).sum()
        return (self.power * torch.stack(known).mean()).exp()
