"""Log losses, and smoothed gradients of one length."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.cut import Cut
from medmtl.balancing.gradient import GradientBalancer
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss

_TINY = 1e-8


class DualBalancing(GradientBalancer):
    """DB-MTL: descends the logarithms of the losses; their running mean gradients get the length of the longest.

    The forgetting of the running mean is beta / step^sigma. Source: Lin et al., Dual-balancing for multi-task
    learning, 2023 (arXiv 2308.12029).
    """

    def __init__(self, tasks: Sequence[str], beta: float = 0.9, sigma: float = 0.5) -> None:
        super().__init__(tasks)
        if not (0 <= beta < 1 and sigma >= 0):
            raise MedmtlError(f"beta must be from 0 to less than 1, sigma 0 or more. Found {beta} and {sigma}.")
        self._beta, self._sigma = beta, sigma
        self._mean: dict[str, Tensor] = {}
        self._steps: dict[str, int] = {}

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return a scalar that shows the sum of the losses and descends along the direction."""
        self._values = {name: loss.value.detach().clamp_min(_TINY) for name, loss in losses.items()}
        return super().forward(losses, cut)

    def direction(self, jacobian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the sum of the running means, each as long as the longest."""
        means = torch.stack([self._smoothed(task, row) for task, row in zip(tasks, jacobian, strict=True)])
        norms = means.norm(dim=1)
        found: Tensor = (norms.max() / norms.clamp_min(_TINY)) @ means
        return found

    def get_extra_state(self) -> dict[str, object]:
        """Return what a checkpoint keeps."""
        return {"mean": dict(self._mean), "steps": dict(self._steps)}

    def set_extra_state(self, state: dict[str, dict[str, object]]) -> None:
        """Take up what a checkpoint kept."""
        self._mean = {name: mean for name, mean in state["mean"].items() if isinstance(mean, Tensor)}
        self._steps = {name: int(str(steps)) for name, steps in state["steps"].items()}

    def _smoothed(self, task: str, row: Tensor) -> Tensor:
        steps = self._steps.get(task, 0) + 1
        keep = self._beta / steps**self._sigma if steps > 1 else 0.0
        fresh = row / self._values[task]
        mean = fresh if keep == 0 else keep * self._mean[task].to(row) + (1 - keep) * fresh
        self._mean[task], self._steps[task] = mean, steps
        return mean
