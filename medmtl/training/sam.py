"""Sharpness-aware minimisation: the gradient is taken where the loss nearby is worst."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class SharpnessAware(torch.optim.AdamW):
    """AdamW whose gradients come from the point `rho` along the gradient; every step is two.

    Source: Foret et al., Sharpness-aware minimization for efficiently improving generalization, ICLR 2021.
    """

    def __init__(self, params: Any, rho: float, lr: float) -> None:
        super().__init__(params, lr=lr)
        self._rho = rho

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step; the closure computes the loss and its gradients, and is called twice."""
        if closure is None:
            raise ValueError("A sharpness-aware step must be given the closure that computes the loss.")
        with torch.enable_grad():
            loss = closure()
        moved = self._climb()
        with torch.enable_grad():
            closure()
        with torch.no_grad():
            for parameter, by in moved:
                parameter.sub_(by)
        super().step()
        return loss

    @torch.no_grad()
    def _climb(self) -> list[tuple[Tensor, Tensor]]:
        """Move every parameter along its gradient, all together by rho, and return by how much."""
        learned = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.stack([p.grad.norm() for p in learned]).norm() if learned else torch.zeros(())
        moved = [(p, p.grad * (self._rho / (norm + 1e-12))) for p in learned]
        for parameter, by in moved:
            parameter.add_(by)
        return moved
