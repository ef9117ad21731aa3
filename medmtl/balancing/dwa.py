"""Weights that follow how fast each loss fell."""

from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.scalar import ScalarBalancer
from medmtl.errors import MedmtlError


class DynamicWeightAverage(ScalarBalancer):
    """T times the softmax of L(epoch - 1) / L(epoch - 2) / temperature: what falls slower weighs more.

    The first two epochs weigh all tasks 1. Source: Liu, Johns and Davison, End-to-end multi-task learning with
    attention, CVPR 2019.
    """

    history: Tensor  # [2, T] mean losses of the last two epochs, newest first; NaN where there was none
    sums: Tensor  # [2, T] sum and count of the losses of this epoch

    def __init__(self, tasks: Sequence[str], temperature: float = 2.0) -> None:
        super().__init__(tasks)
        if temperature <= 0:
            raise MedmtlError(f"temperature must be positive. Found {temperature}.")
        self._temperature = temperature
        self.register_buffer("history", torch.full((2, len(self.tasks)), float("nan")))
        self.register_buffer("sums", torch.zeros(2, len(self.tasks)))

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the weighted sum over the active tasks."""
        with torch.no_grad():
            self.sums[0, rows] += values.detach()
            self.sums[1, rows] += 1
        weights = self._all_weights()[rows]
        self.tell(weights, rows)
        return (weights * values).sum()

    def end_epoch(self) -> None:
        """Move the epoch's mean losses into the history; a task that was silent keeps what it had."""
        mean = torch.where(self.sums[1] > 0, self.sums[0] / self.sums[1], self.history[0])
        self.history.copy_(torch.stack([mean, self.history[0]]))
        self.sums.zero_()

    def _all_weights(self) -> Tensor:
        ratio = self.history[0] / self.history[1].clamp_min(1e-8)
        ratio = torch.where(ratio.isfinite(), ratio, torch.ones_like(ratio))
        return len(self.tasks) * torch.softmax(ratio / self._temperature, dim=0)
