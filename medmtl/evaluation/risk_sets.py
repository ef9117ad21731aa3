"""Means and covariances of columns over the risk sets of a Cox model, one for each event, ties by Efron."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.outcomes import Outcomes

Floats = NDArray[np.float64]
UNDERFLOW = -600.0  # the logarithm of a hazard that still has a reciprocal and a square root in double precision


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Moments of the columns over the risk set of each event, by time within each stratum.

    Per event [m]: the position of its case, its time [days], the log of the summed relative hazards, and the mean
    [m, p] and covariance [m, p, p] of the columns.
    """

    case: NDArray[np.int64]
    time_days: Floats
    log_total: Floats
    mean: Floats
    covariance: Floats


def risk_sets(x: Floats, log_hazard: Floats, outcomes: Outcomes) -> RiskSets:
    """Return the moments of columns [n, p] weighted by the relative hazard, per event; folds are strata.

    Of d events at one time, the l-th (from 0) sees l/d of the tied cases gone. A case censored at an event's time is
    still at risk. Source: Efron B, The efficiency of Cox's likelihood function, J Am Stat Assoc 72, 1977.
    """
    fold = np.zeros(outcomes.n, dtype=int) if outcomes.fold is None else outcomes.fold
    parts = [_stratum(x, log_hazard, outcomes, np.flatnonzero(fold == each)) for each in np.unique(fold)]
    joined = [np.concatenate(each) for each in zip(*parts, strict=True)] if parts else _nothing(x.shape[1])
    return RiskSets(*joined)


def _nothing(p: int) -> list[NDArray[np.generic]]:
    return [np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros((0, p)), np.zeros((0, p, p))]


def _stratum(x: Floats, log_hazard: Floats, outcomes: Outcomes, members: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    members = members[np.argsort(-outcomes.time_days[members], kind="stable")]  # latest first: risk sets are prefixes
    time, event = outcomes.time_days[members], outcomes.event[members]
    shift = log_hazard[members].max()
    hazard = _relative(log_hazard[members] - shift)
    at_risk = [np.cumsum(_moment(x[members], hazard, power), axis=0) for power in range(3)]
    case = members[event][::-1]
    times, place, tied = np.unique(outcomes.time_days[case], return_inverse=True, return_counts=True)
    last = np.searchsorted(-time, -times, side="right") - 1
    gone = (np.arange(len(case)) - np.searchsorted(place, place)) / tied[place]
    own = [_moment(x[case], _relative(log_hazard[case] - shift), power) for power in range(3)]
    zero, one, two = (
        total[last][place] - _spread(gone, each) * _by_time(each, place, len(times))[place]
        for total, each in zip(at_risk, own, strict=True)
    )
    mean = one / zero[:, None]
    covariance = two / zero[:, None, None] - mean[:, :, None] * mean[:, None, :]
    return case, times[place], np.log(zero) + shift, mean, covariance


def _relative(log_hazard: Floats) -> Floats:
    """Return the hazard relative to the stratum's largest; what is smaller than any number counts as the smallest."""
    relative: Floats = np.exp(np.maximum(log_hazard, UNDERFLOW))
    return relative


def _moment(x: Floats, hazard: Floats, power: int) -> Floats:
    if power == 0:
        return hazard
    first = hazard[:, None] * x
    return first if power == 1 else first[:, :, None] * x[:, None, :]


def _by_time(values: Floats, place: NDArray[np.int64], count: int) -> Floats:
    total = np.zeros((count, *values.shape[1:]))
    np.add.at(total, place, values)
    return total


def _spread(share: Floats, like: Floats) -> Floats:
    return share.reshape(-1, *[1] * (like.ndim - 1))
