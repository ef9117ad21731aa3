"""Compares two risks on the same cases, so that what they share cancels."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.bootstrap import percentile_interval, resample_counts
from medmtl.evaluation.jackknife import Influence, concordance_influence, too_few_events
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import resampled_concordance
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first C less the second, with its standard error, and the two-sided test that both are equal."""

    estimate: float
    error: float
    z: float
    p: float


def concordance_difference(
    time_days: Floats,
    event: NDArray[np.bool_],
    risks: tuple[Floats, Floats],
    fold: NDArray[np.generic] | None,
    settings: EvaluationSettings,
) -> Interval:
    """Return Harrell's C of the first risk less that of the second, with the interval of the paired difference.

    Both are computed on the same resamples of cases. Positive: the first is better.
    """
    outcomes = Outcomes(time_days, np.asarray(event, dtype=bool), fold)
    test = difference_test(outcomes, risks)
    if test is None:
        return Interval(None, None, None, outcomes.n, "no two cases are comparable")
    if few := too_few_events(int(outcomes.event.sum())):
        return Interval(test.estimate, None, None, outcomes.n, few)
    counts = resample_counts(outcomes.n, settings)
    first, second = (resampled_concordance(outcomes, risk, counts) for risk in risks)
    return percentile_interval(test.estimate, first - second, outcomes.n, settings)


def difference_test(outcomes: Outcomes, risks: tuple[Floats, Floats]) -> Difference | None:
    """Return the jackknife's test of equal C, paired by case as R survival's; None without a comparable pair.

    Two rankings that agree on every pair differ by 0 with certainty: z is 0 and p is 1.
    """
    first, second = (concordance_influence(outcomes, risk) for risk in risks)
    if first is None or second is None:
        return None
    both = Influence(first.estimate - second.estimate, first.values - second.values)
    z = both.estimate / both.error if both.error > 0 else 0.0
    return Difference(both.estimate, both.error, z, 2 * NormalDist().cdf(-abs(z)))
