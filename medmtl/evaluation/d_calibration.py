"""Whether the predicted survival at each case's own time is spread evenly over 0 to 1, as it must be if it is right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from medmtl.evaluation.outcomes import Outcomes, check_probabilities

Floats = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True)
class DCalibration:
    """Cases per tenth of the predicted survival, lowest first, and the test that all are equal; a small p is bad."""

    cases: tuple[float, ...]
    chi_squared: float
    p: float


def d_calibration(outcomes: Outcomes, own_survival: Floats, bins: int = BINS) -> DCalibration | None:
    """Return the test for the survival that was predicted for each case at its own time [n]; None without a case.

    An event counts in its bin. A censored case is spread over its bin and those below it, in proportion to what it may
    still reach. The test takes the spread cases as whole ones and so is rather too large at heavy censoring.
    Source: Haider H et al., Effective ways to build and evaluate individual survival distributions, JMLR 21, 2020.
    """
    check_probabilities("survival probability", own_survival)
    if not outcomes.n:
        return None
    place = np.minimum((own_survival * bins).astype(int), bins - 1)
    counts = np.bincount(place[outcomes.event], minlength=bins).astype(float)
    for survival in own_survival[~outcomes.event]:
        counts += _spread(float(survival), bins)
    expected = outcomes.n / bins
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return DCalibration(tuple(counts.tolist()), statistic, float(chi2.sf(statistic, bins - 1)))


def _spread(survival: float, bins: int) -> Floats:
    """Return the parts of one censored case: it will have the event at a survival anywhere below its present one."""
    if survival <= 0:
        return np.array([1.0] + [0.0] * (bins - 1))
    parts: Floats = np.clip(survival - np.arange(bins) / bins, 0.0, 1.0 / bins) / survival
    return parts
