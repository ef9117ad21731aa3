"""What several processes that train one network must agree on: losses, and gradients before they are combined."""

from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor

from medmtl.losses.base import TaskLoss


def world_size() -> int:
    """Return how many processes train together; 1 where there is no group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def mean_over_ranks(values: Tensor) -> Tensor:
    """Return the mean of the values over the processes, the same on each."""
    if world_size() == 1:
        return values
    summed = values.clone()
    dist.all_reduce(summed)
    return summed / world_size()


def agreed(losses: Mapping[str, TaskLoss]) -> dict[str, TaskLoss]:
    """Return losses whose values are the same on every process: the mean over those that said something.

    The gradient stays that of the own cases, raised so that its mean over all processes is the mean over those with a
    label. A task that said something on any process is active on each, so that all take the same steps.
    """
    if world_size() == 1:
        return dict(losses)
    names = sorted(losses)
    told = torch.stack([torch.stack([losses[n].value.detach().float(), _flag(losses[n])]) for n in names])
    told[:, 0] *= told[:, 1]
    dist.all_reduce(told)
    return {name: _joined(losses[name], *told[names.index(name)]) for name in losses}


def _flag(loss: TaskLoss) -> Tensor:
    return torch.tensor(float(loss.active), device=loss.value.device)


def _joined(loss: TaskLoss, total: Tensor, count: Tensor) -> TaskLoss:
    if not bool(count > 0):
        return loss
    slope = (loss.value - loss.value.detach()) * (world_size() / count)
    return TaskLoss(slope + total / count, active=True)
