"""What the methods that weigh the tasks' gradients at the cut, and pull them through the shared part once, share."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut, gradient_at_cut, pulled, scalar_with_gradient
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
        with torch.autocast(next(iter(losses.values())).value.device.type, enabled=False):  # else products are bf16
            return self._balanced(losses, cut)

    def _balanced(self, losses: Mapping[str, TaskLoss], cut: Cut) -> Tensor:
        value = torch.stack([loss.value for loss in losses.values()]).sum()
        active = {name: loss.value for name, loss in losses.items() if loss.active}
        found = [gradient_at_cut(loss, cut) for loss in active.values()]
        maps, heads = [at_leaves for at_leaves, _ in found], [own for _, own in found]
        if not active:
            everything = (*cut.shared, *cut.heads)
            return scalar_with_gradient(value, everything, tuple(torch.zeros_like(p) for p in everything))
        weights = self.weigh_maps(maps, active, cut)
        self.weights = dict(zip(active, weights.tolist(), strict=True))
        joined = tuple(_weighted(weights, rows) for rows in zip(*maps, strict=True))
        del found, maps  # else a gradient per task at every map stays: 3 % of the memory of a step
        shared = pulled(joined, cut)
        summed = tuple(torch.stack(rows).sum(dim=0) for rows in zip(*heads, strict=True))
        return scalar_with_gradient(value, (*cut.shared, *cut.heads), (*shared, *summed))


def _weighted(weights: Tensor, rows: Sequence[Tensor]) -> Tensor:
    summed = weights[0].to(rows[0]) * rows[0]
    for weight, row in zip(weights[1:], rows[1:], strict=True):
        summed.add_(weight.to(row) * row)  # one map more, in the place of one per task
    return summed
