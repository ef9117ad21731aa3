"""Resamples cases with replacement, as counts per case, and reads an interval off the resampled statistic."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

MIN_DEFINED = 0.5  # share of resamples that must define the statistic; below it the percentiles describe a selection


def resample_counts(n: int, settings: EvaluationSettings) -> NDArray[np.float64]:
    """Return how often each of `n` cases is drawn in each resample, [resamples, n]; every row sums to n.

    The counts depend on `n` and the seed alone, so two statistics of the same cases are paired by construction.
    """
    generator = np.random.default_rng(settings.seed)
    return generator.multinomial(n, np.full(n, 1.0 / n), settings.resamples).astype(float)


def percentile_interval(
    estimate: float | None, draws: NDArray[np.float64], n: int, settings: EvaluationSettings
) -> Interval:
    """Return the percentile interval of `draws` [resamples]; NaN marks a resample in which the statistic is undefined.

    The limits are None when the estimate is, or when fewer than half of the resamples define the statistic.
    """
    defined = draws[np.isfinite(draws)]
    if estimate is None or defined.size < MIN_DEFINED * draws.size:
        return Interval(estimate, None, None, n)
    tail = (1 - settings.level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), n)
