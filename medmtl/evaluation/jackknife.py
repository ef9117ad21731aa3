"""The infinitesimal jackknife: how much a statistic moves with the weight of each case, and so its standard error."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.pair_sums import pair_sums
from medmtl.records import Interval

Floats = NDArray[np.float64]
MIN_ERROR = 1e-12  # a standard error below it is rounding
MIN_EVENTS = 5  # of 36 cases with 1 to 4 events, 95 % limits held a true C of 0.70 in 36, 70, 79 and 84 of 100
NO_SPREAD = "the jackknife's standard error is 0: every case supports the same value"


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """A statistic and the influence of each case on it [n]: the derivative by the case's weight, times the weight."""

    estimate: float
    values: Floats

    @property
    def error(self) -> float:
        """The standard error: the root of the sum of the squared influences."""
        return float(np.sqrt(np.square(self.values).sum()))

    @property
    def acceleration(self) -> float:
        """How the standard error moves with the value, for the bias-corrected bootstrap; 0 without spread."""
        spread = np.square(self.values).sum() ** 1.5
        return float((self.values**3).sum() / (6 * spread)) if spread > 0 else 0.0


def concordance_influence(outcomes: Outcomes, risk: Floats, first: Floats | None = None) -> Influence | None:
    """Return the concordance and each case's influence on it; None without a comparable pair.

    `first` [n] weighs a pair by its earlier case; it is taken as known. The variance is that of R survival.
    Source: Therneau TM, Watson DA, The concordance statistic and the Cox model, Mayo Clinic TR 85, 2015.
    """
    sums = pair_sums(outcomes, risk, first)
    if sums.estimate is None:
        return None
    moved = (sums.case_concordant - sums.estimate * sums.case_comparable) / sums.comparable
    return Influence(sums.estimate, outcomes.weights * moved)


def too_few_events(events: int) -> str:
    """Return why a ranking of so many events has no limits; empty where it has.

    Most of the spread between cohorts of few events is which cases they are, and that these cases do not tell.
    """
    return f"limits need {MIN_EVENTS} events. Found {events}" if events < MIN_EVENTS else ""


def logit_interval(influence: Influence, level: float) -> Interval:
    """Return the interval that is symmetric on the logit scale, so that it stays within 0 and 1.

    A value of 0 or 1, or one without spread, has no limits, and the interval says so.
    """
    value, error, n = influence.estimate, influence.error, len(influence.values)
    if not 0 < value < 1 or error <= MIN_ERROR:
        return Interval(value, None, None, n, NO_SPREAD)
    half = NormalDist().inv_cdf(0.5 + level / 2) * error / (value * (1 - value))
    centre = np.log(value / (1 - value))
    low, high = 1 / (1 + np.exp(-(centre + np.array([-half, half]))))
    return Interval(value, float(low), float(high), n)


def normal_interval(influence: Influence, level: float) -> Interval:
    """Return the interval that is symmetric about the value, for a statistic without bounds such as a difference."""
    half = NormalDist().inv_cdf(0.5 + level / 2) * influence.error
    value, n = influence.estimate, len(influence.values)
    return Interval(value, value - half, value + half, n)
