"""Competing risks: how often each cause comes first, and a hazard for each. A time has one cause, 0 for censored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.hazard import Hazard, build_hazard
from medmtl.risk.ridge import fit_ridge

Floats = NDArray[np.float64]
Causes = NDArray[np.int_]


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """Times of any event [k], survival free of all causes [k], and the cumulative incidence [k] by cause."""

    times_days: Floats
    survival: Floats
    by_cause: Mapping[int, Floats]

    def at(self, cause: int, times_days: Sequence[float]) -> Floats:
        """Return the cumulative incidence of a cause [times]; 0 before the first event."""
        position = np.searchsorted(self.times_days, times_days, side="right")
        incidence: Floats = np.concatenate([[0.0], self.by_cause[cause]])[position]
        return incidence


def aalen_johansen(time_days: Floats, cause: Causes) -> Incidence:
    """Return the cumulative incidences of the causes; with survival they add up to 1 at every time.

    Source: Aalen OO, Johansen S, An empirical transition matrix for non-homogeneous Markov chains, Scand J Stat 5,
    1978.
    """
    times = np.unique(time_days[cause > 0])
    at_risk = (time_days[None, :] >= times[:, None]).sum(axis=1)
    happened = {int(k): _count(time_days[cause == k], times) / at_risk for k in np.unique(cause[cause > 0])}
    return _accumulated(times, happened)


def fit_cause_specific(
    x: Floats, names: Sequence[str], time_days: Floats, cause: Causes, penalizer: float
) -> dict[int, Hazard]:
    """Return a ridge Cox model of each cause, cases of other causes censored at their time; larger is sooner.

    The columns [n, p] have mean 0. A hazard of one cause says who is at risk of it while free of all; it does not by
    itself say how often it comes: use `cumulative_incidence`.
    """
    found = {}
    for k in np.unique(cause[cause > 0]).tolist():
        coefficients = fit_ridge(x, time_days, cause == k, penalizer)
        found[int(k)] = build_hazard(x, names, coefficients, (time_days, cause == k), penalizer)
    return found


def cumulative_incidence(hazards: Mapping[int, Hazard], x: Floats) -> list[Incidence]:
    """Return the predicted incidences of each row of x [n, p] from the hazards of all causes together."""
    times = np.array(next(iter(hazards.values())).times_days)
    steps = {k: np.diff(np.concatenate([[0.0], hazard.cumulative])) for k, hazard in hazards.items()}
    risks = {k: np.exp(hazard.log_risk(x)) for k, hazard in hazards.items()}
    return [_predicted(times, {k: steps[k] * risks[k][row] for k in hazards}) for row in range(len(x))]


def _predicted(times: Floats, steps: Mapping[int, Floats]) -> Incidence:
    """Return incidences from steps of cumulative hazards, by exponentials, so that none exceeds 1."""
    total = np.sum(list(steps.values()), axis=0)
    leaving = -np.expm1(-total)
    shares = {k: np.divide(one * leaving, total, out=np.zeros(len(times)), where=total > 0) for k, one in steps.items()}
    return _accumulated(times, shares)


def _accumulated(times: Floats, shares: Mapping[int, Floats]) -> Incidence:
    """Return the incidences where `shares` of those still free leave by each cause at each time."""
    survival = np.cumprod(1 - np.sum([np.zeros(len(times)), *shares.values()], axis=0))
    before = np.concatenate([[1.0], survival])[:-1]
    return Incidence(times, survival, {k: np.cumsum(before * share) for k, share in shares.items()})


def _count(times_of_cause: Floats, times: Floats) -> Floats:
    return np.bincount(np.searchsorted(times, times_of_cause), minlength=len(times)).astype(float)
