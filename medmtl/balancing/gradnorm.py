"""Weights that keep the tasks' gradients at matching sizes."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from medmtl.balancing.at_cut import CutBalancer
from medmtl.balancing.cut import Cut
from medmtl.balancing.ranks import mean_over_ranks
from medmtl.errors import MedmtlError

_TINY = 1e-8


class GradNorm(CutBalancer):
    """GradNorm: the norm of each weighted gradient is drawn to the mean norm times (relative loss)^alpha.

    The norms are those at the last weight tensor of the shared part. The relative loss is loss over first loss, over
    its mean across the tasks. The weights move by gradient descent on the absolute differences and keep the sum T.
    Source: Chen et al., GradNorm, ICML 2018. Heads keep the plain sum, as with the other gradient methods.
    """

    task_weights: Tensor  # [T]
    first: Tensor  # [T] first losses; NaN before

    def __init__(self, tasks: Sequence[str], alpha: float = 1.5, learning_rate: float = 0.025) -> None:
        super().__init__(tasks)
        if alpha < 0:
            raise MedmtlError(f"alpha must be 0 or more. Found {alpha}.")
        self._alpha, self._rate = alpha, learning_rate
        self.register_buffer("task_weights", torch.ones(len(self.tasks)))
        self.register_buffer("first", torch.full((len(self.tasks),), float("nan")))

    def weigh_maps(self, maps: Sequence[tuple[Tensor, ...]], losses: Mapping[str, Tensor], cut: Cut) -> Tensor:
        """Return the weights of the active tasks, then move them for the next step."""
        rows = torch.tensor([self.tasks.index(name) for name in losses])
        weights: Tensor = self.task_weights[rows].clone()
        now = torch.stack([loss.detach().float() for loss in losses.values()]).to(weights)
        self.first[rows] = torch.where(self.first[rows].isnan(), now, self.first[rows])
        norms = torch.stack([_norm_at_last(one, cut) for one in maps]).to(weights)
        relative = now / self.first[rows].clamp_min(_TINY)
        wanted = (weights * norms).mean() * (relative / relative.mean().clamp_min(_TINY)) ** self._alpha
        slope = norms * torch.sign(weights * norms - wanted)
        moved = (weights - self._rate * slope / norms.mean().clamp_min(_TINY)).clamp_min(_TINY)
        self.task_weights[rows] = moved * weights.sum() / moved.sum()
        return weights


def _norm_at_last(maps: tuple[Tensor, ...], cut: Cut) -> Tensor:
    last = [parameter for parameter in cut.shared if parameter.ndim > 1][-1]
    found = torch.autograd.grad(cut.found, last, maps, retain_graph=True, allow_unused=True)[0]
    norm: Tensor = torch.zeros(()) if found is None else mean_over_ranks(found.float()).norm()
    return norm
