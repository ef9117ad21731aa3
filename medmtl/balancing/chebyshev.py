"""A smooth maximum of the losses."""

from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.scalar import ScalarBalancer
from medmtl.errors import MedmtlError


class SmoothChebyshev(ScalarBalancer):
    """STCH: mu times the log-sum-exp of the losses over (T mu), a smooth form of the largest loss.

    Unlike any weighted sum it reaches every point of the Pareto front. Source: Lin et al., Smooth Tchebycheff
    scalarization for multi-objective optimization, ICML 2024, with equal preferences and the ideal point 0.
    """

    def __init__(self, tasks: Sequence[str], mu: float = 0.1) -> None:
        super().__init__(tasks)
        if mu <= 0:
            raise MedmtlError(f"mu must be positive. Found {mu}.")
        self._mu = mu

    def combine(self, values: Tensor, rows: Tensor) -> Tensor:
        """Return the smooth maximum over the active tasks."""
        scaled = values / (len(values) * self._mu)
        self.tell(torch.softmax(scaled.detach(), dim=0) / len(values), rows)
        return self._mu * torch.logsumexp(scaled, dim=0)
