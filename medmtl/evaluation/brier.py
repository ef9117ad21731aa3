"""The Brier score of predicted survival, its integral over time, and the gain over predicting the same for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.horizon import at_horizon, objection
from medmtl.evaluation.jackknife import Influence, logit_interval, normal_interval
from medmtl.evaluation.outcomes import Outcomes, check_probabilities
from medmtl.evaluation.product_limit import event_curve
from medmtl.records import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Brier:
    """The score in 0 to 1, smaller is better; the score of the Kaplan-Meier curve; and 1 less their quotient."""

    score: Interval
    null: float | None
    accuracy: Interval


def brier_at(outcomes: Outcomes, survival: Floats, horizon_days: float, level: float) -> Brier:
    """Return the Brier score at the horizon of the survival probabilities there [n], and the index of accuracy (IPA).

    The null is the Kaplan-Meier curve of these very cases, which is the harder to beat than that of other cases. IPA is
    1 for a perfect prediction, 0 for one no better than the null, below 0 for a worse one. The intervals are the
    jackknife's, of the score on the logit scale, and know that G is estimated.
    Source: Graf E et al., Stat Med 18, 1999; Kattan MW, Gerds TA, The index of prediction accuracy, Diagn Progn Res 2,
    2018.
    """
    return integrated_brier(outcomes, survival[:, None], (horizon_days,), level)


def integrated_brier(outcomes: Outcomes, survival: Floats, times_days: Sequence[float], level: float) -> Brier:
    """Return the mean over time of the Brier score of survival [n, times], by trapezia from the first time to the last.

    IPA compares the integrals.
    """
    check_probabilities("survival probability", survival)
    refused = objection(outcomes, times_days[0]) or objection(outcomes, times_days[-1])
    if refused:
        nothing = Interval(None, None, None, outcomes.n, refused)
        return Brier(nothing, None, nothing)
    null = np.broadcast_to(event_curve(outcomes).at(times_days), survival.shape)
    own, none = (_score(outcomes, each, times_days) for each in (survival, null))
    ratio = own.estimate / none.estimate
    gain = Influence(1 - ratio, -(own.values - ratio * none.values) / none.estimate)
    return Brier(logit_interval(own, level), none.estimate, normal_interval(gain, level))


def _score(outcomes: Outcomes, survival: Floats, times_days: Sequence[float]) -> Influence:
    scored = [brier_influence(outcomes, each, days) for each, days in zip(survival.T, times_days, strict=True)]
    part = _trapezia(times_days)
    return Influence(
        float(part @ [one.estimate for one in scored]), np.sum(part[:, None] * [one.values for one in scored], axis=0)
    )


def brier_influence(outcomes: Outcomes, survival: Floats, horizon_days: float) -> Influence:
    """Return the Brier score at the horizon and each case's influence on it, the survival taken as given."""
    horizon = at_horizon(outcomes, horizon_days)
    total = outcomes.weights.sum()
    missed = horizon.weight * (horizon.beyond - survival) ** 2 / total
    score = float(missed.sum())
    return Influence(score, horizon.influence(missed) - score * outcomes.weights / total)


def _trapezia(times_days: Sequence[float]) -> Floats:
    """Return the share of each time in the mean; all of it for a single time."""
    if len(times_days) == 1:
        return np.ones(1)
    width = np.diff(times_days)
    share = (np.append(width, 0.0) + np.insert(width, 0, 0.0)) / 2
    part: Floats = share / share.sum()
    return part
