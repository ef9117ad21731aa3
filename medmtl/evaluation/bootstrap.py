"""Resamples cases with replacement, as counts per case, and reads an interval off the resampled statistic."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.jackknife import Influence
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

MIN_DEFINED = 0.5  # share of resamples that must define the statistic; below it the percentiles describe a selection
TOO_FEW_DRAWS = "fewer than half of the resamples define the statistic"


def resample_counts(n: int, settings: EvaluationSettings) -> NDArray[np.float64]:
    """Return how often each of `n` cases is drawn in each resample, [resamples, n]; every row sums to n.

    The counts depend on `n` and the seed alone, so two statistics of the same cases are paired by construction.
    """
    generator = np.random.default_rng(settings.seed)
    drawn = generator.integers(0, max(1, n), (settings.resamples, n), dtype=np.int64)
    drawn += n * np.arange(settings.resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=settings.resamples * n).reshape(settings.resamples, n).astype(float)


def percentile_interval(
    estimate: float | None, draws: NDArray[np.float64], n: int, settings: EvaluationSettings
) -> Interval:
    """Return the percentile interval of `draws` [resamples]; NaN marks a resample in which the statistic is undefined.

    The limits are None when the estimate is, or when fewer than half of the resamples define the statistic.
    """
    tail = (1 - settings.level) / 2
    return _between(estimate, draws, n, (tail, 1 - tail))


def bias_corrected_interval(influence: Influence, draws: NDArray[np.float64], settings: EvaluationSettings) -> Interval:
    """Return the bias-corrected and accelerated interval, with the acceleration of the infinitesimal jackknife.

    Source: Efron B, Better bootstrap confidence intervals, J Am Stat Assoc 82, 1987.
    """
    defined = draws[np.isfinite(draws)]
    below = ((defined < influence.estimate).sum() + 0.5 * (defined == influence.estimate).sum()) / max(1, defined.size)
    if not 0 < below < 1:
        return Interval(influence.estimate, None, None, len(influence.values), "every resample lies on one side")
    tail, normal = (1 - settings.level) / 2, NormalDist()
    bias, pull = normal.inv_cdf(below), influence.acceleration
    moved = [bias + normal.inv_cdf(share) for share in (tail, 1 - tail)]
    low, high = (normal.cdf(bias + one / (1 - pull * one)) for one in moved)
    return _between(influence.estimate, draws, len(influence.values), (low, high))


def _between(estimate: float | None, draws: NDArray[np.float64], n: int, shares: tuple[float, float]) -> Interval:
    defined = draws[np.isfinite(draws)]
    if estimate is None:
        return Interval(None, None, None, n)
    if not defined.size or defined.size < MIN_DEFINED * draws.size:
        return Interval(estimate, None, None, n, TOO_FEW_DRAWS)
    low, high = np.quantile(defined, shares)
    return Interval(estimate, float(low), float(high), n)
