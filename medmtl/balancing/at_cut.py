"""What the methods that weigh the tasks' gradients at the cut, and pull them through the shared part once, share."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut, scalar_with_gradient
from medmtl.losses.base import TaskLoss


class CutBalancer(Balancer):
    """One gradient per task at the shared feature maps, weighed there: the shared part is walked back once."""

    reads_gradients = True

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    @abstractmethod
    def weigh_maps(self, maps: Sequence[tuple[Tensor, ...]], losses: Mapping[str, Tensor], cut: Cut) -> Tensor:
        """Return the weights [T] for each active task's gradients by the cut's leaves and its loss."""

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return a scalar that shows the sum of the losses and descends the weighted sum on the shared part."""
        if cut is None:
            raise ValueError(f"{type(self).__name__} must be given the cut behind which the losses were computed.")
        value = torch.stack([loss.value for loss in losses.values()]).sum()
        active = {name: loss.value for name, loss in losses.items() if loss.active}
        found = [_gradients(loss, cut) for loss in active.values()]
        maps, heads = [one[: len(cut.leaves)] for one in found], [one[len(cut.leaves) :] for one in found]
        if not active:
            everything = (*cut.shared, *cut.heads)
            return scalar_with_gradient(value, everything, tuple(torch.zeros_like(p) for p in everything))
        weights = self.weigh_maps(maps, active, cut)
        self.weights = dict(zip(active, weights.tolist(), strict=True))
        shared = _pull(tuple(_weighted(weights, rows) for rows in zip(*maps, strict=True)), cut)
        summed = tuple(torch.stack(rows).sum(dim=0) for rows in zip(*heads, strict=True))
        return scalar_with_gradient(value, (*cut.shared, *cut.heads), (*shared, *summed))


def _gradients(loss: Tensor, cut: Cut) -> tuple[Tensor, ...]:
    wanted = (*cut.leaves, *cut.heads)
    found = torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True)
    return tuple(torch.zeros_like(t) if one is None else one for t, one in zip(wanted, found, strict=True))


def _pull(at_leaves: tuple[Tensor, ...], cut: Cut) -> tuple[Tensor, ...]:
    found = torch.autograd.grad(cut.found, cut.shared, at_leaves, retain_graph=True, allow_unused=True)
    return tuple(torch.zeros_like(p) if one is None else one for p, one in zip(cut.shared, found, strict=True))


def _weighted(weights: Tensor, rows: Sequence[Tensor]) -> Tensor:
    return torch.stack([weight.to(row) * row for weight, row in zip(weights, rows, strict=True)]).sum(dim=0)
