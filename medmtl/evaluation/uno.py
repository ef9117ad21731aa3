"""Uno's C: Harrell's with pairs weighted so that the pattern of censoring does not move it, up to a last time."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.concordance import NO_PAIR
from medmtl.evaluation.jackknife import Influence, concordance_influence, logit_interval, too_few_events
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import censoring_curve
from medmtl.records import Interval

Floats = NDArray[np.float64]
TAU_SHARE = 0.8  # of the event times: beyond, few are at risk and single pairs weigh most


def uno_c(outcomes: Outcomes, risk: Floats, level: float, tau_days: float | None = None) -> Interval:
    """Return Uno's C of `risk` [n], larger is worse, over pairs whose event came by `tau_days`, and its interval.

    A pair weighs 1/G(T-)^2, G being the probability of no censoring before the event. Without `tau_days`, all events
    count. The interval is the jackknife's on the logit scale with G taken as known, as in R survival.
    Source: Uno H et al., On the C-statistics for evaluating overall adequacy of risk prediction, Stat Med 30, 2011.
    """
    found = uno_influence(outcomes, risk, tau_days)
    if found is None:
        return Interval(None, None, None, outcomes.n, NO_PAIR)
    counted = outcomes.event if tau_days is None else outcomes.event & (outcomes.time_days <= tau_days)
    few = too_few_events(int(counted.sum()))
    return Interval(found.estimate, None, None, outcomes.n, few) if few else logit_interval(found, level)


def uno_influence(outcomes: Outcomes, risk: Floats, tau_days: float | None = None) -> Influence | None:
    """Return Uno's C and each case's influence on it; None without a comparable pair by `tau_days`."""
    remains = censoring_curve(outcomes).before(outcomes.time_days)
    counted = outcomes.event & (outcomes.time_days <= (np.inf if tau_days is None else tau_days))
    first = np.divide(1.0, remains**2, out=np.zeros(outcomes.n), where=counted)
    return concordance_influence(outcomes, risk, first)


def default_tau(outcomes: Outcomes) -> float | None:
    """Return the time [days] by which four fifths of the events came; None without an event."""
    return float(np.quantile(outcomes.time_days[outcomes.event], TAU_SHARE)) if outcomes.event.any() else None
