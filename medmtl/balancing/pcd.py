"""One task first, the others promised a part of their progress."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import torch
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.errors import MedmtlError

_TINY = 1e-8


class PriorityDescent(GramianBalancer):
    """PCD: stays as near as it can to the primary task's gradient while each other task makes at least `tau` of the
    progress of its own. Where that cannot be had for all at once, or the primary is silent, nothing is promised.

    Gradients are divided by the running root mean square of their norms. Source: priority-constrained descent, TMLR
    2026 (arXiv 2606.29521). A `primary` of survival keeps segmentation from crowding it out.
    """

    norms: Tensor  # [T] running mean of squared norms
    steps: Tensor  # [T] how many went into it

    def __init__(
        self, tasks: Sequence[str], primary: str | None = None, tau: float = 0.02, beta: float = 0.999
    ) -> None:
        super().__init__(tasks)
        self._primary = tasks[-1] if primary is None else primary
        if self._primary not in tasks:
            raise MedmtlError(f"primary must name a task of the network {list(tasks)}. Found {primary}.")
        if not (0 <= tau <= 1 and 0 <= beta < 1):
            raise MedmtlError(f"tau must be from 0 to 1, beta from 0 to less than 1. Found {tau} and {beta}.")
        self._tau, self._beta = tau, beta
        self.register_buffer("norms", torch.zeros(len(self.tasks), dtype=torch.float64))
        self.register_buffer("steps", torch.zeros(len(self.tasks), dtype=torch.float64))

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights; the direction is as long as the primary gradient."""
        scales = self._scales(gramian.diagonal(), [self.tasks.index(task) for task in tasks])
        if self._primary not in tasks:
            return torch.ones(len(tasks), dtype=gramian.dtype)
        first = tasks.index(self._primary)
        scaled = gramian * scales[:, None] * scales
        weights = _nearest(scaled, first, self._tau)
        length = weights @ scaled @ weights
        if gramian[first, first] <= 0 or length <= _TINY * scaled[first, first]:
            return torch.zeros_like(weights)
        return weights * scales * (gramian[first, first] / length).sqrt()

    def _scales(self, squared: Tensor, rows: list[int]) -> Tensor:
        self.norms[rows] = self._beta * self.norms[rows] + (1 - self._beta) * squared.to(self.norms)
        self.steps[rows] += 1
        mean = self.norms[rows] / (1 - self._beta ** self.steps[rows])
        return 1 / (mean + _TINY).sqrt().to(squared)


def _nearest(gramian: Tensor, first: int, tau: float) -> Tensor:
    """Return the weights of the vector nearest to row `first` with product >= tau |row|^2 with every other row.

    Every set of constraints that may be tight is tried; the first that fits is the answer, as there is only one.
    """
    alone = torch.zeros(len(gramian), dtype=gramian.dtype)
    alone[first] = 1
    for tight in _subsets([row for row in range(len(gramian)) if row != first]):
        weights = alone.clone()
        if tight:
            missing = tau * gramian.diagonal()[tight] - gramian[tight, first]
            weights[tight] = torch.linalg.pinv(gramian[tight][:, tight], hermitian=True) @ missing
        slack = weights @ gramian - tau * gramian.diagonal()
        slack[first] = 0
        if bool((weights[tight] >= -_TINY).all()) and bool((slack >= -1e-7 * gramian.diagonal().max()).all()):
            return weights
    return alone


def _subsets(rows: Sequence[int]) -> Iterator[list[int]]:
    for size in range(len(rows) + 1):
        yield from (list(chosen) for chosen in combinations(rows, size))
