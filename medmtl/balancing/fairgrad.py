"""Directions that are fair in the sense of alpha-fairness."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medmtl.balancing.gramian import GramianBalancer
from medmtl.errors import MedmtlError

Vector = NDArray[np.float64]

_STEPS = 100
_EXACT = 1e-14  # of the function: weights are then exact to its root, before the last step
_RIDGE = 1e-6  # in units of the diagonal: gradients that cancel would else have endless weights


class FairGrad(GramianBalancer):
    """FairGrad: the weights w with (gramian w) = w^(-1/alpha); alpha = 1 is Nash-MTL, larger alpha nears max-min.

    Source: Ban and Ji, Fair resource allocation in multi-task learning, ICML 2024; Navon et al., Multi-task learning
    as a bargaining game, ICML 2022. Solved by Newton's method on the gradients' cosines; TorchJD 0.18 solves it on the
    scalar products themselves and stops early where these are small, at half of the weights for norms of 0.001.
    """

    def __init__(self, tasks: Sequence[str], alpha: float = 1.0) -> None:
        super().__init__(tasks)
        if alpha <= 0:
            raise MedmtlError(f"alpha must be positive. Found {alpha}.")
        self._power = 1 / alpha

    def weigh(self, gramian: Tensor, tasks: Sequence[str]) -> Tensor:
        """Return the weights; a gradient of 0 has weight 0."""
        norms = np.sqrt(gramian.diagonal().clamp_min(0).numpy())
        felt = norms > 0
        weights = np.zeros(len(norms))
        if felt.any():
            cosines = gramian.numpy()[np.ix_(felt, felt)] / np.outer(norms[felt], norms[felt])
            weights[felt] = _fair(cosines, norms[felt], self._power)
        return torch.as_tensor(weights, dtype=gramian.dtype)


def _fair(cosines: Vector, norms: Vector, power: float) -> Vector:
    """Return w with (gramian w) = w^-power, for w = scale * t / norms.

    Then (cosines t) = k t^-power with k of geometric mean 1: no unit of a loss is left in it.
    """
    logs = (power - 1) * np.log(norms)
    scale = np.exp(logs.mean() / (1 + power))
    k = np.exp(logs - logs.mean())
    found: Vector = scale * _solved(cosines + _RIDGE * np.eye(len(norms)), k, power) / norms
    return found


def _solved(cosines: Vector, k: Vector, power: float) -> Vector:
    """Return t > 0 with (cosines t) = k t^-power: the minimum of a strictly convex function, by damped Newton steps."""
    t = np.ones(len(k))
    for _ in range(_STEPS):
        pull = k * t**-power
        slope = cosines @ t - pull
        step = np.linalg.solve(cosines + np.diag(power * pull / t), -slope)
        fall = -float(slope @ step)
        if not fall > 0:  # rounding alone is left
            break
        while (t + step).min() <= 0 or (cosines @ (t + step) - k * (t + step) ** -power) @ step > fall / 2:
            step /= 2  # beyond the minimum along the step, or out of where the function is
        t += step
        if fall < _EXACT:
            break
    return t
