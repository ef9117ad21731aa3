"""Compares two risks on the same cases, resampling both together."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.bootstrap import percentile_interval, resample_counts
from medmtl.evaluation.concordance import pair_table
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

Floats = NDArray[np.float64]


def concordance_difference(
    time_days: Floats,
    event: NDArray[np.bool_],
    risks: tuple[Floats, Floats],
    fold: NDArray[np.int_] | None,
    settings: EvaluationSettings,
) -> Interval:
    """Return Harrell's C of the first risk less that of the second, with the interval of the paired difference.

    Both are computed on the same resamples of cases, so what they share cancels. Positive: the first is better.
    """
    first, second = (pair_table(time_days, event, risk, fold) for risk in risks)
    n = len(time_days)
    if first.estimate is None or second.estimate is None:
        return Interval(None, None, None, n)
    counts = resample_counts(n, settings)
    draws = first.resampled(counts) - second.resampled(counts)
    return percentile_interval(first.estimate - second.estimate, draws, n, settings)
