"""Cox's partial likelihood with Efron's ties: its value, and its derivatives for Newton's method."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

UNDERFLOW = 1e-280  # a sum of exponentials below it has lost digits, and is formed again, slowly, from its own largest
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Who was at risk at each event: `weight` [events, n], and the rows of the events; made by `risk_sets`."""

    weight: Floats
    events: NDArray[np.int_]

    def log_likelihood(self, log_risk: Floats) -> float:
        """Return the log partial likelihood of log risks [n]; 0 without an event. A constant added changes nothing.

        Source: Efron B, The efficiency of Cox's likelihood function for censored data, JASA 72, 1977.
        """
        if not self.events.size:
            return 0.0
        shifted = log_risk - log_risk.max()
        total = self.weight @ np.exp(shifted)
        if total.min() > UNDERFLOW:
            return float((shifted[self.events] - np.log(total)).sum())
        return float((shifted[self.events] - logsumexp(shifted[None, :], axis=1, b=self.weight)).sum())

    def gradient(self, log_risk: Floats, x: Floats) -> Floats:
        """Return the gradient [p] by the coefficients alone, much quicker than with the Hessian for many columns."""
        if not self.events.size:
            return np.zeros(x.shape[1])
        relative = np.exp(log_risk - log_risk.max())
        share = relative * ((1.0 / (self.weight @ relative)) @ self.weight)
        happened = np.bincount(self.events, minlength=len(x))
        gradient: Floats = (happened - share) @ x
        return gradient

    def derivatives(self, log_risk: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Return gradient [p] and negative Hessian [p, p] by the coefficients, where log_risk = x @ coefficients."""
        if not self.events.size:
            return np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
        relative = np.exp(log_risk - log_risk.max())
        total = self.weight @ relative
        mean = (self.weight @ (relative[:, None] * x)) / total[:, None]
        share = relative * (self.weight / total[:, None]).sum(axis=0)
        gradient = (x[self.events] - mean).sum(axis=0)
        return gradient, x.T @ (share[:, None] * x) - mean.T @ mean


def risk_sets(time_days: Floats, event: NDArray[np.bool_], ties: Literal["efron", "breslow"] = "efron") -> RiskSets:
    """Return the risk sets; a case censored at the time of an event is still at risk then.

    Of d events at one time the l-th (from 0) sees each of the d with weight 1 - l/d, as Efron has it; or each sees all
    of them, as Breslow has it.
    """
    events = np.flatnonzero(event)
    times = time_days[events]
    tied = times[:, None] == times[None, :]
    before = np.tril(tied, -1).sum(axis=1) if ties == "efron" else np.zeros(len(events))
    fraction = before / np.maximum(tied.sum(axis=1), 1)
    at_risk = time_days[None, :] >= times[:, None]
    same_event = (time_days[None, :] == times[:, None]) & event[None, :]
    return RiskSets(at_risk - fraction[:, None] * same_event, events)
