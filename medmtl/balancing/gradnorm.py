"""Weights that keep the tasks' gradients at matching sizes."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from medmtl.balancing.at_cut import CutBalancer
from medmtl.balancing.cut import Cut
from medmtl.balancing.ranks import mean_over_ranks
from medmtl.errors import MedmtlError

_TINY = 1e-8


class GradNorm(CutBalancer):
    """GradNorm: the norm of each weighted gradient is drawn to the mean norm times (relative loss)^alpha.

    The norms are those at the last weight tensor that every task pulls at, or at each task's own last one where they
    share none. The relative loss is loss over first loss, over
    its mean across the tasks. The weights move by gradient descent on the absolute differences and keep the sum T.
    Source: Chen et al., GradNorm, ICML 2018. Heads keep the plain sum, as with the other gradient methods.
    """

    task_weights: Tensor  # [T]
    first: Tensor  # [T] first losses; NaN before
    place: Tensor  # of that weight tensor in the shared part; -1 before all tasks have been seen in one batch

    def __init__(self, tasks: Sequence[str], alpha: float = 1.5, learning_rate: float = 0.025) -> None:
        super().__init__(tasks)
        if alpha < 0 or learning_rate <= 0:
            raise MedmtlError(f"alpha must be 0 or more, learning_rate positive. Found {alpha} and {learning_rate}.")
        self._alpha, self._rate = alpha, learning_rate
        self.register_buffer("task_weights", torch.ones(len(self.tasks)))
        self.register_buffer("first", torch.full((len(self.tasks),), float("nan")))
        self.register_buffer("place", torch.tensor(-1))

    def weigh_maps(self, maps: Sequence[tuple[Tensor, ...]], losses: Mapping[str, Tensor], cut: Cut) -> Tensor:
        """Return the weights of the active tasks, then move them for the next step."""
        rows = torch.tensor([self.tasks.index(name) for name in losses])
        weights: Tensor = self.task_weights[rows].clone()
        now = torch.stack([loss.detach().float() for loss in losses.values()]).to(weights)
        self.first[rows] = torch.where(self.first[rows].isnan(), now, self.first[rows])
        norms = self._norms(maps, cut).to(weights)
        relative = now / self.first[rows].clamp_min(_TINY)
        wanted = (weights * norms).mean() * (relative / relative.mean().clamp_min(_TINY)) ** self._alpha
        slope = norms * torch.sign(weights * norms - wanted)
        moved = (weights - self._rate * slope / norms.mean().clamp_min(_TINY)).clamp_min(_TINY)
        self.task_weights[rows] = moved * weights.sum() / moved.sum()
        return weights

    def _norms(self, maps: Sequence[tuple[Tensor, ...]], cut: Cut) -> Tensor:
        if self.place >= 0:
            return _norms_at(int(self.place), maps, cut)
        each = [torch.zeros(len(maps))]
        for place in reversed([place for place, parameter in enumerate(cut.shared) if parameter.ndim > 1]):
            each.append(_norms_at(place, maps, cut))
            if bool((each[-1] > 0).all()):
                self.place.fill_(place if len(maps) == len(self.tasks) else -1)
                return each[-1]
        found = torch.stack(each[1:] or each)
        last: Tensor = found[(found > 0).int().argmax(dim=0), torch.arange(len(maps))]
        return last


def _norms_at(place: int, maps: Sequence[tuple[Tensor, ...]], cut: Cut) -> Tensor:
    return torch.stack([_norm(cut.shared[place], one, cut) for one in maps]).cpu()


def _norm(parameter: nn.Parameter, maps: tuple[Tensor, ...], cut: Cut) -> Tensor:
    found = torch.autograd.grad(cut.found, parameter, maps, retain_graph=True, allow_unused=True)[0]
    norm: Tensor = mean_over_ranks(torch.zeros_like(parameter) if found is None else found.float()).norm()
    return norm
