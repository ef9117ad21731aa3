"""Ridge Cox regression by Newton's method, and its penalty by cross-validated partial likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from medmtl.errors import MedmtlError
from medmtl.risk.partial_likelihood import RiskSets, risk_sets

MAX_STEPS = 100
MAX_HALVINGS = 40
MAX_REACH = 10.0  # by which a step may change a log risk; beyond, the quadratic that Newton trusts means nothing
TOLERANCE = 1e-10  # of the gain per step, relative to the penalised likelihood
Floats = NDArray[np.float64]


def fit_ridge(x: Floats, time_days: Floats, event: NDArray[np.bool_], penalizer: float) -> Floats:
    """Return the coefficients [p] that maximise log partial likelihood - n * penalizer / 2 * |coefficients|^2.

    The penalty is lifelines' own for columns of unit variance. With a positive penalty the maximum exists and is
    unique, also for more columns than cases and for separated cases.
    """
    return ridge_path(x, time_days, event, [penalizer])[penalizer]


def ridge_path(
    x: Floats, time_days: Floats, event: NDArray[np.bool_], penalizers: Sequence[float]
) -> dict[float, Floats]:
    """Return the coefficients of `fit_ridge` for each penalty, the largest first; each fit starts at the one before."""
    if not x.shape[1]:
        return dict.fromkeys(penalizers, np.zeros(0))
    turned, axes = _turned(x)
    sets, coefficients, path = risk_sets(time_days, event), np.zeros(turned.shape[1]), {}
    for penalizer in sorted(penalizers, reverse=True):
        coefficients = _newton(coefficients, turned, sets, len(x) * penalizer)
        path[penalizer] = coefficients @ axes
    return path


def choose_penalizer(
    x: Floats, time_days: Floats, event: NDArray[np.bool_], penalizers: Sequence[float], inner: NDArray[np.int_]
) -> float:
    """Return the penalty of the largest cross-validated partial likelihood; of equals, the larger.

    `inner` [n] numbers the inner folds. Each fold adds the likelihood of all cases less that of the cases fitted, so
    that a fold needs no event of its own.
    Source: Verweij PJM, van Houwelingen HC, Cross-validation in survival analysis, Stat Med 12, 1993.
    """
    turned, _ = _turned(x)
    parts = [Part(inner != fold, turned[inner != fold], turned) for fold in np.unique(inner)]
    return best_penalizer(parts, time_days, event, penalizers)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows are fitted, all are predicted: `fitted` [n], their columns `own`, and those of all rows."""

    fitted: NDArray[np.bool_]
    own: Floats
    everyone: Floats


def best_penalizer(
    parts: Sequence[Part], time_days: Floats, event: NDArray[np.bool_], penalizers: Sequence[float]
) -> float:
    """Return the penalty of the largest cross-validated partial likelihood over these parts; of equals, the larger."""
    scores = dict.fromkeys(sorted(penalizers, reverse=True), 0.0)
    if len(scores) == 1:
        return next(iter(scores))
    everyone = risk_sets(time_days, event)
    for part in parts:
        own = risk_sets(time_days[part.fitted], event[part.fitted])
        path = ridge_path(part.own, time_days[part.fitted], event[part.fitted], penalizers)
        for penalizer, coefficients in path.items():
            log_risk = part.everyone @ coefficients
            scores[penalizer] += everyone.log_likelihood(log_risk) - own.log_likelihood(part.own @ coefficients)
    return max(scores, key=lambda penalizer: scores[penalizer])


def inner_folds(event: NDArray[np.bool_], count: int, seed: int) -> NDArray[np.int_]:
    """Deal events and censored cases to `count` folds alike, at random by the seed; [n]."""
    generator = np.random.default_rng(seed)
    order = np.concatenate([generator.permutation(np.flatnonzero(event == seen)) for seen in (True, False)])
    fold = np.empty(len(event), dtype=int)
    fold[order] = np.arange(len(event)) % count
    return fold


def _turned(x: Floats) -> tuple[Floats, Floats]:
    """Return x in as few columns as it has rows, and the axes [columns, p] that turn coefficients back, exactly.

    The solution of a ridge regression lies in the span of the rows, so nothing is lost.
    """
    if x.shape[1] <= len(x):
        return x, np.eye(x.shape[1])
    left, scale, axes = np.linalg.svd(x, full_matrices=False)
    return left * scale, axes


def _newton(coefficients: Floats, x: Floats, sets: RiskSets, penalty: float) -> Floats:
    value = _penalised(coefficients, x, sets, penalty)
    for _ in range(MAX_STEPS):
        coefficients, gained = _climb(coefficients, _step(coefficients, x, sets, penalty), value, (x, sets, penalty))
        if gained - value <= TOLERANCE * max(1.0, abs(value)):
            return coefficients
        value = gained
    raise MedmtlError(f"A ridge Cox regression must settle in {MAX_STEPS} steps; penalty {penalty}. Raise the penalty.")


def _step(coefficients: Floats, x: Floats, sets: RiskSets, penalty: float) -> Floats:
    gradient, curvature = sets.derivatives(x @ coefficients, x)
    curvature[np.diag_indices_from(curvature)] += penalty
    _, step, failed = dposv(curvature, gradient - penalty * coefficients)
    if failed:
        raise MedmtlError(f"A ridge Cox regression needs a penalty that makes its solution unique. Found {penalty}.")
    reach = float(np.abs(x @ step).max(initial=0.0))
    return np.asarray(step * min(1.0, MAX_REACH / reach) if reach else step, dtype=float)


def _climb(
    coefficients: Floats, step: Floats, value: float, problem: tuple[Floats, RiskSets, float]
) -> tuple[Floats, float]:
    """Go along the step, halved until it gains; stay where nothing gains."""
    for halving in range(MAX_HALVINGS):
        candidate = coefficients + step * 0.5**halving
        gained = _penalised(candidate, *problem)
        if gained >= value:
            return candidate, gained
    return coefficients, value


def _penalised(coefficients: Floats, x: Floats, sets: RiskSets, penalty: float) -> float:
    return sets.log_likelihood(x @ coefficients) - penalty / 2 * float(coefficients @ coefficients)
