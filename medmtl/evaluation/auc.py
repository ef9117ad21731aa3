"""The cumulative/dynamic AUC: how well a risk tells who has the event by a horizon from who is beyond it without."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.horizon import Horizon, at_horizon, objection
from medmtl.evaluation.jackknife import Influence, logit_interval, too_few_events
from medmtl.evaluation.outcomes import Outcomes, check_finite
from medmtl.records import Interval

Floats = NDArray[np.float64]
NO_PAIR = "no case with the event shares a fold with one beyond the horizon"


def auc_at(outcomes: Outcomes, risk: Floats, horizon_days: float, level: float) -> Interval:
    """Return the AUC at the horizon of `risk` [n], larger is worse; ties in risk count 0.5, pairs are of one fold.

    The interval is the jackknife's on the logit scale; it knows that G is estimated.
    Source: Blanche P, Dartigues JF, Jacqmin-Gadda H, Estimating and comparing time-dependent areas, Stat Med 32, 2013.
    """
    check_finite("risk", risk)
    refused = objection(outcomes, horizon_days)
    found = None if refused else auc_influence(at_horizon(outcomes, horizon_days), risk)
    if found is None:
        return Interval(None, None, None, outcomes.n, refused or NO_PAIR)
    few = too_few_events(int((outcomes.event & (outcomes.time_days <= horizon_days)).sum()))
    return Interval(found.estimate, None, None, outcomes.n, few) if few else logit_interval(found, level)


def auc_influence(horizon: Horizon, risk: Floats) -> Influence | None:
    """Return the AUC and each case's influence on it; None without a pair."""
    fold = horizon.outcomes.fold
    parts = np.zeros(len(risk), dtype=np.int64) if fold is None else np.unique(fold, return_inverse=True)[1]
    rank = np.unique(risk, return_inverse=True)[1]
    had, beyond = np.where(horizon.had, horizon.weight, 0.0), np.where(horizon.beyond, horizon.weight, 0.0)
    concordant, comparable = np.zeros(len(risk)), np.zeros(len(risk))
    for part in np.unique(parts):
        here = parts == part
        below, ties = _below(rank[here], beyond[here])
        above, same = _below(-rank[here], had[here])
        concordant[here] = np.where(horizon.had[here], below + ties / 2, above + same / 2)
        comparable[here] = np.where(horizon.had[here], beyond[here].sum(), had[here].sum())
    total = had @ comparable
    if total <= 0:
        return None
    estimate = float(had @ concordant / total)
    return Influence(estimate, horizon.influence(horizon.weight * (concordant - estimate * comparable) / total))


def _below(rank: NDArray[np.int64], weight: Floats) -> tuple[Floats, Floats]:
    """Return per case the weight of the cases of a lower rank, and of the same."""
    _, place = np.unique(rank, return_inverse=True)
    here: Floats = np.bincount(place, weight).astype(float)
    below: Floats = (np.cumsum(here) - here)[place]
    return below, here[place]
