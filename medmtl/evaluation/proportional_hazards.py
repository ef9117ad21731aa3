"""The test of proportional hazards: whether the effect of a column changes with time."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, rankdata

from medmtl.errors import MedmtlError
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import event_curve
from medmtl.evaluation.risk_sets import risk_sets

Floats = NDArray[np.float64]
GLOBAL = "GLOBAL"


class TimeScale(StrEnum):
    """How time enters: as 1 less the Kaplan-Meier curve, as its rank, as itself, or as its logarithm."""

    KAPLAN_MEIER = "km"
    RANK = "rank"
    IDENTITY = "identity"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """The test of one column, or of all together; a small p speaks against proportional hazards."""

    name: str
    chi_squared: float
    degrees: int
    p: float


def proportional_hazards_test(
    x: Floats, coefficients: Floats, names: Sequence[str], outcomes: Outcomes, scale: TimeScale = TimeScale.KAPLAN_MEIER
) -> list[ProportionalHazards]:
    """Return the exact score test per column of x [n, p], and the global one, at fitted coefficients [p].

    It asks whether column times (g(t) less its mean over events) would enter the model; folds are strata and ties
    Efron's, as in R survival 3.0 and later. The coefficients must be those of an unpenalised fit for the level to hold.
    Raises MedmtlError without an event. Source: Grambsch PM, Therneau TM, Proportional hazards tests, Biometrika 81,
    1994; Therneau TM, survival: cox.zph, 2020.
    """
    if not outcomes.event.any():
        raise MedmtlError("A test of proportional hazards needs an event. Found none.")
    sets = risk_sets(x, x @ coefficients, outcomes)
    clock = _clock(outcomes, scale)
    moment = (clock - clock[outcomes.event].mean())[sets.case]
    score = np.concatenate([np.zeros(x.shape[1]), moment @ (x[sets.case] - sets.mean)])
    blocks = [np.einsum("m,mpq->pq", moment**power, sets.covariance) for power in range(3)]
    information = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    p = x.shape[1]
    tested = {name: [*range(p), p + place] for place, name in enumerate(names)} | {GLOBAL: [*range(2 * p)]}
    return [_test(name, score[kept], information[np.ix_(kept, kept)], len(kept) - p) for name, kept in tested.items()]


def _test(name: str, score: Floats, information: Floats, degrees: int) -> ProportionalHazards:
    statistic = float(score @ np.linalg.lstsq(information, score)[0])
    return ProportionalHazards(name, statistic, degrees, float(chi2.sf(statistic, degrees)))


def _clock(outcomes: Outcomes, scale: TimeScale) -> Floats:
    time = outcomes.time_days
    match scale:
        case TimeScale.KAPLAN_MEIER:
            return 1 - event_curve(outcomes).before(time)
        case TimeScale.RANK:
            return rankdata(time)
        case TimeScale.LOG:
            return np.log(time)
        case TimeScale.IDENTITY:
            return time
