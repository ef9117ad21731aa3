"""A proportional hazard: coefficients with their covariance, and Breslow's baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.partial_likelihood import risk_sets

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hazard:
    """A fitted proportional hazard. `cumulative` is Breslow's baseline, that of a case with all columns at 0.

    `covariance` is that of the coefficients given penalty and choice of columns; empty where only `errors` are known.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    penalizer: float
    times_days: tuple[float, ...]
    cumulative: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...] = ()

    def log_risk(self, x: Floats) -> Floats:
        """Return the log relative hazard [n] of columns [n, p]; larger is worse."""
        log_risk: Floats = x @ np.array(self.coefficients)
        return log_risk

    def survival(self, log_risk: Floats, times_days: Sequence[float]) -> Floats:
        """Return the survival [n, times]: 1 before the first time, NaN after the last, as nobody was followed there."""
        baseline = self.baseline(times_days)
        survival: Floats = np.exp(-np.exp(log_risk)[:, None] * baseline[None, :])
        return survival

    def baseline(self, times_days: Sequence[float]) -> Floats:
        """Return the baseline's cumulative hazard [times]; NaN after the last time of follow-up."""
        position = np.searchsorted(self.times_days, times_days, side="right")
        steps = np.concatenate([[0.0], self.cumulative])[position]
        return np.where(np.asarray(times_days) <= self.times_days[-1], steps, np.nan)

    def error_of(self, x: Floats) -> Floats:
        """Return the standard error [n] of the log risk; NaN where the covariance is not known."""
        if len(self.covariance) != len(self.names):
            return np.full(len(x), np.nan)
        covariance = np.array(self.covariance).reshape(len(self.names), len(self.names))
        error: Floats = np.sqrt(np.maximum(((x @ covariance) * x).sum(axis=1), 0.0))
        return error

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Hazard":
        """Return the fit whose `to_dict` this is."""
        values = {name: tuple(value) for name, value in document.items() if name not in ("penalizer", "covariance")}
        covariance = tuple(tuple(row) for row in document["covariance"])
        return cls(**values, penalizer=float(document["penalizer"]), covariance=covariance)


def build_hazard(
    x: Floats,
    names: Sequence[str],
    coefficients: Floats,
    outcome: tuple[Floats, NDArray[np.bool_]],
    penalizer: float,
) -> Hazard:
    """Return the hazard of coefficients [p] fitted on columns [n, p] of mean 0, with this ridge penalty per case.

    The covariance is the inverse of the information plus penalty, a pseudo-inverse where that has none. `outcome` is
    times [days] and events.
    """
    time_days, event = outcome
    log_risk = x @ coefficients
    _, information = risk_sets(time_days, event).derivatives(log_risk, x)
    covariance = np.linalg.pinv(information + len(x) * penalizer * np.eye(len(names)), hermitian=True)
    times, cumulative = breslow(log_risk, time_days, event)
    return Hazard(
        names=tuple(names),
        coefficients=tuple(coefficients.tolist()),
        errors=tuple(np.sqrt(np.maximum(np.diag(covariance), 0.0)).tolist()),
        penalizer=penalizer,
        times_days=tuple(times.tolist()),
        cumulative=tuple(cumulative.tolist()),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
    )


def breslow(log_risk: Floats, time_days: Floats, event: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the distinct times [days] and the baseline's cumulative hazard at them.

    Source: Breslow N, discussion of Cox DR, Regression models and life-tables, J R Stat Soc B 34, 1972.
    """
    times, place = np.unique(time_days, return_inverse=True)
    largest = float(log_risk.max(initial=0.0))
    weight = np.bincount(place, np.exp(log_risk - largest), len(times))
    events = np.bincount(place, event, len(times))
    at_risk = np.cumsum(weight[::-1])[::-1]
    steps = np.divide(events, at_risk, out=np.zeros(len(times)), where=events > 0)
    return times, np.cumsum(steps) * np.exp(-largest)
