"""Elastic-net Cox regression by coordinate descent on the quadratic approximation, along a path of penalties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.partial_likelihood import RiskSets

MAX_ROUNDS = 100  # quadratic approximations per penalty
MAX_SWEEPS = 10_000  # over the coordinates per approximation
TOLERANCE = 1e-9  # of a coefficient of a column of unit variance
MAX_HALVINGS = 30
Floats = NDArray[np.float64]


def elastic_net_path(x: Floats, sets: RiskSets, l1_ratio: float, penalties: Sequence[float]) -> dict[float, Floats]:
    """Return for each penalty the coefficients [p] that minimise, over columns [n, p],

    -log partial likelihood / n + penalty (l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 / 2),

    the largest penalty first, each fit starting at the one before; coefficients out of the model are 0 exactly.
    Raises MedmtlError where one does not settle.
    Source: Simon N, Friedman J, Hastie T, Tibshirani R, Regularization paths for Cox's proportional hazards model via
    coordinate descent, J Stat Softw 39, 2011; with the full Hessian of the active columns.
    """
    coefficients, path = np.zeros(x.shape[1]), {}
    for penalty in sorted(penalties, reverse=True):
        problem = _Problem(x, sets, penalty * l1_ratio * len(x), penalty * (1 - l1_ratio) * len(x))
        coefficients = _settle(coefficients, problem)
        path[penalty] = coefficients
    return path


def largest_penalty(x: Floats, sets: RiskSets, l1_ratio: float) -> float:
    """Return the smallest penalty at which every coefficient is 0; 0 where nothing can be learned."""
    gradient, _ = sets.derivatives(np.zeros(len(x)), x)
    return float(np.abs(gradient).max(initial=0.0) / (len(x) * l1_ratio))


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """What is minimised: `threshold` |b|_1 + `penalty` |b|^2 / 2 - log partial likelihood, over columns x."""

    x: Floats
    sets: RiskSets
    threshold: float
    penalty: float

    def value(self, b: Floats) -> float:
        weight = self.threshold * np.abs(b).sum() + self.penalty / 2 * b @ b
        return float(weight - self.sets.log_likelihood(self.x @ b))

    def downhill(self, b: Floats) -> Floats:
        return self.sets.gradient(self.x @ b, self.x) - self.penalty * b

    def of(self, active: NDArray[np.bool_]) -> "_Problem":
        return _Problem(self.x[:, active], self.sets, self.threshold, self.penalty)


def _settle(b: Floats, problem: _Problem) -> Floats:
    """Approximate, descend among the active columns, and go on until no column outside wants in."""
    active = b != 0
    for _ in range(MAX_ROUNDS):
        active |= (b != 0) | (np.abs(problem.downhill(b)) > problem.threshold * (1 + 1e-9))
        if not active.any():
            return b
        moved = b.copy()
        moved[active] = _round(b[active], problem.of(active))
        if np.abs(moved - b).max(initial=0.0) <= TOLERANCE:
            return moved
        b = moved
    raise MedmtlError(f"An elastic-net Cox regression must settle in {MAX_ROUNDS} rounds. Raise its smallest penalty.")


def _round(b: Floats, problem: _Problem) -> Floats:
    """Go towards the minimum of the approximation at b, half the way as often as needed; stay where nothing gains."""
    gradient, curvature = problem.sets.derivatives(problem.x @ b, problem.x)
    bend = curvature + problem.penalty * np.eye(len(b))
    aim = _descend(b, gradient - problem.penalty * b, bend, problem.threshold)
    value = problem.value(b)
    for halving in range(MAX_HALVINGS):
        candidate = b + (aim - b) * 0.5**halving
        if problem.value(candidate) <= value:
            return candidate
    return b


def _descend(start: Floats, gradient: Floats, bend: Floats, threshold: float) -> Floats:
    """Return the minimiser of the quadratic plus threshold |b|_1; `gradient` is downhill at `start`.

    Sweeps over the coordinates find which are 0 and the signs of the others; these given, the rest is one solution of
    linear equations, exact where it keeps the signs and leaves the others at 0.
    """
    slope_at_0 = gradient + bend @ start
    b, slope = start.copy(), gradient.copy()
    for _ in range(MAX_SWEEPS):
        if _sweep(b, slope, bend, threshold) <= TOLERANCE / 10:
            break
        exact = _solved(b, slope_at_0, bend, threshold)
        if exact is not None:
            return exact
    return b


def _sweep(b: Floats, slope: Floats, bend: Floats, threshold: float) -> float:
    """Move each coordinate to its own minimum, in place; return the largest move."""
    largest = 0.0
    for j, stiff in enumerate(np.maximum(np.diag(bend), 1e-12).tolist()):
        free = float(slope[j]) + stiff * float(b[j])
        new = max(abs(free) - threshold, 0.0) / stiff * (1.0 if free > 0 else -1.0)
        step = new - float(b[j])
        if step:
            slope -= step * bend[j]
            b[j] = new
            largest = max(largest, abs(step))
    return largest


def _solved(b: Floats, slope_at_0: Floats, bend: Floats, threshold: float) -> Floats | None:
    inside = np.flatnonzero(b)
    signs = np.sign(b[inside])
    try:
        found = np.linalg.solve(bend[np.ix_(inside, inside)], slope_at_0[inside] - threshold * signs)
    except np.linalg.LinAlgError:
        return None
    exact = np.zeros_like(b)
    exact[inside] = found
    outside = np.abs(slope_at_0 - bend @ exact)
    outside[inside] = 0.0
    keeps = bool((np.sign(found) == signs).all() and (outside <= threshold * (1 + 1e-9)).all())
    return exact if keeps else None
