"""Weights learned as uncertainties."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medmtl.balancing.scalar import ScalarBalancer


class UncertaintyWeighting(ScalarBalancer):
    """Half of exp(-s) times the loss, plus half of s, with one learned s = log variance per task, 0 at the start.

    Source: Kendall, Gal and Cipolla, Multi-task learning using uncertainty to weigh losses, CVPR 2018.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(tasks)
        self.log_variance = nn.Parameter(torch.zeros(len(self.tasks)))

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the sum over the active tasks."""
        log_variance = self.log_variance[rows]
        weights = (-log_variance).exp() / 2
        self.tell(weights, rows)
        return (weights * values + log_variance / 2).sum()
