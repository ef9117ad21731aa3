"""What the methods that look at one gradient per task have in common."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import Cut, TaskGradient, scalar_with_gradient, task_gradient
from medmtl.balancing.ranks import mean_over_ranks
from medmtl.losses.base import TaskLoss


class GradientBalancer(Balancer):
    """Replaces the sum of the tasks' gradients on the shared part by a direction of its own.

    Heads keep the sum: a head's parameters move by the tasks that read it. A task without a known label in the batch,
    or whose gradient on the shared part is exactly 0, has no row, so that it cannot pull a method to zero.
    """

    reads_gradients = True

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)

    @abstractmethod
    def direction(self, jacobian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the direction [P] for the rows [T, P] of these tasks' gradients; float32, outside autograd."""

    def forward(self, losses: Mapping[str, TaskLoss], cut: Cut | None = None) -> Tensor:
        """Return a scalar that shows the sum of the losses and descends along the direction."""
        if cut is None:
            raise ValueError(f"{type(self).__name__} must be given the cut behind which the losses were computed.")
        value = torch.stack([loss.value for loss in losses.values()]).sum()
        active = {name: loss.value for name, loss in losses.items() if loss.active}
        with torch.autocast(value.device.type, enabled=False):  # else products of rows would be taken in bf16
            gradients = [task_gradient(loss, cut) for loss in active.values()]
            wanted = (*self._shared(gradients, tuple(active), cut), *_summed(gradients, cut))
        return scalar_with_gradient(value, (*cut.shared, *cut.heads), wanted)

    def _shared(self, gradients: Sequence[TaskGradient], tasks: Sequence[str], cut: Cut) -> tuple[Tensor, ...]:
        if not gradients:
            return tuple(torch.zeros_like(parameter) for parameter in cut.shared)
        jacobian = mean_over_ranks(torch.stack([_flat(gradient.shared) for gradient in gradients]))
        felt = jacobian.any(dim=1)
        told = tuple(task for task, pulls in zip(tasks, felt.tolist(), strict=True) if pulls)
        found = self.direction(jacobian if felt.all() else jacobian[felt], told) if told else jacobian.sum(dim=0)
        parts = torch.split(found, [parameter.numel() for parameter in cut.shared])
        return tuple(part.view_as(parameter) for part, parameter in zip(parts, cut.shared, strict=True))


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().float().reshape(-1) for tensor in tensors])


def _summed(gradients: Sequence[TaskGradient], cut: Cut) -> tuple[Tensor, ...]:
    if not gradients:
        return tuple(torch.zeros_like(parameter) for parameter in cut.heads)
    return tuple(torch.stack(rows).sum(dim=0) for rows in zip(*(g.heads for g in gradients), strict=True))
