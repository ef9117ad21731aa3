"""Losses brought to one scale by learned factors."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.balancing.scalar import ScalarBalancer


class ImpartialLosses(ScalarBalancer):
    """IMTL-L: exp(s) times the loss, minus s, with one learned s per task, 0 at the start.

    At its optimum in s every scaled loss is 1. Source: Liu et al., Towards impartial multi-task learning, ICLR 2021.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        self.log_scale = nn.Parameter(torch.zeros(len(self.tasks)))

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the sum over the active tasks."""
        log_scale = self.log_scale[rows]
        self.tell(log_scale.exp(), rows)
        return (log_scale.exp() * values - log_scale).sum()
