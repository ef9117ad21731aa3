"""The mean time without the event up to a last time, and how much of it two groups differ by."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.jackknife import Influence, normal_interval
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import event_curve
from medmtl.records import Interval

Floats = NDArray[np.float64]


def restricted_mean(outcomes: Outcomes, tau_days: float, level: float) -> Interval:
    """Return the area under the Kaplan-Meier curve up to `tau_days` [days], with the interval of Greenwood's variance.

    None, with a reason, where the last case is censored before `tau_days`: the curve is not known up to there.
    Source: Royston P, Parmar MKB, Restricted mean survival time, BMC Med Res Methodol 13, 2013.
    """
    if refused := _objection(outcomes, tau_days):
        return Interval(None, None, None, outcomes.n, refused)
    return normal_interval(_area(outcomes, tau_days), level)


def restricted_mean_difference(outcomes: Outcomes, group: NDArray[np.bool_], tau_days: float, level: float) -> Interval:
    """Return the restricted mean [days] of the cases not in the group less that of those in it.

    With the group of high risk, positive says how many days of `tau_days` the cases of low risk have more.
    """
    parts = outcomes.take(~group), outcomes.take(group)
    refused = _objection(parts[0], tau_days) or _objection(parts[1], tau_days)
    if refused:
        return Interval(None, None, None, outcomes.n, refused)
    outside, inside = (_area(part, tau_days) for part in parts)
    both = np.concatenate([outside.values, -inside.values])
    return normal_interval(Influence(outside.estimate - inside.estimate, both), level)


def common_tau(outcomes: Outcomes, group: NDArray[np.bool_]) -> float:
    """Return the latest time [days] up to which both groups are followed; 0 where one has no case."""
    return min(outcomes.take(group).last_days, outcomes.take(~group).last_days)


def _objection(outcomes: Outcomes, tau_days: float) -> str:
    if not outcomes.n:
        return "a group has no case"
    if outcomes.last_days < tau_days and not outcomes.event[outcomes.time_days == outcomes.last_days].all():
        return f"no case of a group is followed to day {tau_days:g}"
    return ""


def _area(outcomes: Outcomes, tau_days: float) -> Influence:
    curve = event_curve(outcomes)
    steps = np.minimum(np.concatenate([[0.0], curve.time_days, [np.inf]]), tau_days)
    parts = np.diff(steps) * np.concatenate([[1.0], curve.survival])
    after = parts[::-1].cumsum()[::-1][1:]  # the area that a step scales: all that comes after it
    return Influence(float(parts.sum()), curve.log_influence(outcomes, after))
