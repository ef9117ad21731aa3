"""The sum of losses, each divided by what it was at the start."""

from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.scalar import ScalarBalancer
from medmtl.errors import MedmtlError


class NormalisedSum(ScalarBalancer):
    """Every loss begins at 1: it is divided by its mean over the first `steps` batches in which it said something.

    Losses of different units then start with equal parts, and the divisors stand still afterwards, so that what is
    minimised does not change while it is. Source: the unitary scalarisation of Kurin et al., NeurIPS 2022, made free
    of units; the window is our choice.
    """

    scale: Tensor  # [T] running mean of the first losses
    seen: Tensor  # [T] batches that went into it

    def __init__(self, tasks: Sequence[str], steps: int = 100) -> None:
        super().__init__(tasks)
        if steps < 1:
            raise MedmtlError(f"steps must be 1 batch or more. Found {steps}.")
        self._steps = steps
        self.register_buffer("scale", torch.zeros(len(self.tasks)))
        self.register_buffer("seen", torch.zeros(len(self.tasks)))

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the sum of the losses over their first means."""
        with torch.no_grad():
            open_ = self.seen[rows] < self._steps
            count = self.seen[rows] + open_
            mean = self.scale[rows] + (values.detach() - self.scale[rows]) * open_ / count
            self.scale[rows], self.seen[rows] = mean, count
            weights = 1 / mean.clamp_min(1e-8)
        self.tell(weights, rows)
        return (values * weights).sum()
