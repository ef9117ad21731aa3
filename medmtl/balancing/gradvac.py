"""Gradients turned towards the angles they have had so far."""

from collections.abc import Sequence

import torch
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.balancing.seeded import SeededBalancer
from medmtl.errors import MedmtlError

_TINY = 1e-8


class GradVac(SeededBalancer, GramianBalancer):
    """GradVac: a gradient whose cosine to another lies below their running mean is turned until it has that cosine.

    The running means begin at 0, where the method equals PCGrad. Source: Wang et al., Gradient vaccine, ICLR 2021.
    """

    cosine: Tensor  # [T, T] running mean

    def __init__(self, tasks: Sequence[str], beta: float = 0.01, seed: int = 0) -> None:
        super().__init__(tasks, seed)
        if not 0 <= beta <= 1:
            raise MedmtlError(f"beta must be from 0 to 1. Found {beta}.")
        self._beta = beta
        self.register_buffer("cosine", torch.zeros(len(self.tasks), len(self.tasks), dtype=torch.float64))

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights, and move the running means."""
        places = [self.tasks.index(task) for task in tasks]
        generator = torch.Generator().manual_seed(self.draws.next_seed())
        turned = torch.eye(len(tasks), dtype=gramian.dtype)
        for i in range(len(tasks)):
            for j in torch.randperm(len(tasks), generator=generator).tolist():
                if i != j:
                    self._turn(turned[i], gramian, j, (places[i], places[j]))
        return turned.sum(dim=0)

    def _turn(self, weights: Tensor, gramian: Tensor, j: int, place: tuple[int, int]) -> None:
        products = weights @ gramian
        norm, other = (weights @ products).clamp_min(0).sqrt(), gramian[j, j].clamp_min(0).sqrt()
        found = (products[j] / (norm * other + _TINY)).clamp(-1, 1)
        wanted = self.cosine[place].to(gramian.device)
        if found < wanted:
            turn = wanted * (1 - found**2).sqrt() - found * (1 - wanted**2).clamp_min(0).sqrt()
            weights[j] += norm * turn / (other * (1 - wanted**2).clamp_min(0).sqrt() + _TINY)
        self.cosine[place] = (1 - self._beta) * wanted + self._beta * found
