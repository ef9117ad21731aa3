"""Net benefit: what treating those above a threshold of predicted risk is worth, beside treating all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.horizon import objection
from medmtl.evaluation.outcomes import Outcomes, check_probabilities
from medmtl.evaluation.product_limit import event_curve

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DecisionCurve:
    """Net benefit per case at each threshold, of the model and of treating all; None where it is not known.

    Treating none is 0. A threshold p weighs a needless treatment as p/(1 - p) of a needed one.
    """

    thresholds: tuple[float, ...]
    model: tuple[float | None, ...]
    treat_all: tuple[float | None, ...]


def decision_curve(
    outcomes: Outcomes, event_risk: Floats, horizon_days: float, thresholds: Sequence[float]
) -> DecisionCurve | str:
    """Return the net benefit for predicted risks of the event by the horizon [n], or the reason why there is none.

    A case is treated when its risk reaches the threshold, in (0, 1). The share of the treated that have the event is
    Kaplan-Meier's within them; it is not known where none of them is followed to the horizon and some remain.
    Source: Vickers AJ et al., Extensions to decision curve analysis, BMC Med Inform Decis Mak 8, 2008.
    """
    check_probabilities("predicted risk", event_risk)
    if refused := objection(outcomes, horizon_days):
        return refused
    every = np.ones(outcomes.n, dtype=bool)
    return DecisionCurve(
        tuple(thresholds),
        tuple(_net_benefit(outcomes, event_risk >= each, horizon_days, each) for each in thresholds),
        tuple(_net_benefit(outcomes, every, horizon_days, each) for each in thresholds),
    )


def _net_benefit(outcomes: Outcomes, treated: NDArray[np.bool_], horizon_days: float, threshold: float) -> float | None:
    if not treated.any():
        return 0.0
    chosen = outcomes.take(treated)
    curve = event_curve(chosen)
    remains = float(curve.at(horizon_days))
    if chosen.last_days < horizon_days and remains > 0:
        return None
    share = float(treated.mean())
    return share * (1 - remains) - share * remains * threshold / (1 - threshold)
