"""Cox's partial likelihood with Efron's ties: its value, and its derivatives for Newton's method."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

UNDERFLOW = 1e-280  # a sum of exponentials below it has lost digits, and is formed again, slowly, from its logarithm
Floats = NDArray[np.float64]
Integers = NDArray[np.int_]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Who was at risk at each event; made by `risk_sets`.

    `order` [n] sorts the cases by time and `events` are the cases with an event, by time; of each event, `start` is
    where its risk set begins in that order, `tie` the number of its time among the event times, and `fraction` what is
    taken off the events of that time. `first` is the first event of each time, and `until` [n] how many events each
    case saw, itself included.
    """

    order: Integers
    events: Integers
    start: Integers
    tie: Integers
    fraction: Floats
    first: Integers
    until: Integers
    tied: bool

    def log_likelihood(self, log_risk: Floats) -> float:
        """Return the log partial likelihood of log risks [n]; 0 without an event. A constant added changes nothing.

        Source: Efron B, The efficiency of Cox's likelihood function for censored data, JASA 72, 1977.
        """
        if not self.events.size:
            return 0.0
        shifted = log_risk - log_risk.max()
        total = self._totals(np.exp(shifted))
        logs = np.log(total) if total.min() > UNDERFLOW else self._log_totals(shifted)
        return float((shifted[self.events] - logs).sum())

    def gradient(self, log_risk: Floats, x: Floats) -> Floats:
        """Return the gradient [p] by the coefficients alone, much quicker than with the Hessian for many columns."""
        if not self.events.size:
            return np.zeros(x.shape[1])
        relative = np.exp(log_risk - log_risk.max())
        residual = -self._shares(relative, self._safe_totals(relative))
        residual[self.events] += 1.0
        gradient: Floats = residual @ x
        return gradient

    def derivatives(self, log_risk: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Return gradient [p] and negative Hessian [p, p] by the coefficients, where log_risk = x @ coefficients."""
        if not self.events.size:
            return np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
        relative = np.exp(log_risk - log_risk.max())
        total = self._safe_totals(relative)
        mean = self._totals(relative[:, None] * x) / total[:, None]
        rooted = np.sqrt(self._shares(relative, total))[:, None] * x
        gradient = x[self.events].sum(axis=0) - mean.sum(axis=0)
        return gradient, rooted.T @ rooted - mean.T @ mean

    def _totals(self, values: Floats) -> Floats:
        """Return the sums of values [n, ...] over the risk set of each event [events, ...], ties as they count."""
        sums: Floats = np.cumsum(values[self.order[::-1]], axis=0)[::-1][self.start]
        if not self.tied:
            return sums
        tied = np.add.reduceat(values[self.events], self.first, axis=0)[self.tie]
        fraction = self.fraction.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(sums - fraction * tied, dtype=float)

    def _safe_totals(self, relative: Floats) -> Floats:
        return np.maximum(self._totals(relative), np.finfo(float).tiny)

    def _shares(self, relative: Floats, total: Floats) -> Floats:
        """Return how many events were expected of each case [n], given the risk sets it was in."""
        seen = np.concatenate([[0.0], np.cumsum(1.0 / total)])
        share = relative * seen[self.until]
        if self.tied:
            taken = np.bincount(self.tie, self.fraction / total)[self.tie]
            share[self.events] -= relative[self.events] * taken
        return np.asarray(np.maximum(share, 0.0), dtype=float)

    def _log_totals(self, shifted: Floats) -> Floats:
        """Return the logarithms of the sums, formed without leaving them."""
        sums = np.logaddexp.accumulate(shifted[self.order[::-1]])[::-1][self.start]
        tied = np.logaddexp.reduceat(shifted[self.events], self.first)[self.tie]
        return np.asarray(sums + np.log1p(-self.fraction * np.exp(np.minimum(tied - sums, 0.0))), dtype=float)


def risk_sets(time_days: Floats, event: NDArray[np.bool_], ties: Literal["efron", "breslow"] = "efron") -> RiskSets:
    """Return the risk sets; a case censored at the time of an event is still at risk then.

    Of d events at one time the l-th (from 0) sees each of the d with weight 1 - l/d, as Efron has it; or each sees all
    of them, as Breslow has it.
    """
    order = np.argsort(time_days, kind="stable")
    by_time = time_days[order]
    events = order[event[order]]
    times = time_days[events]
    _, first, tie, count = np.unique(times, return_index=True, return_inverse=True, return_counts=True)
    place = np.arange(len(events)) - first[tie]
    fraction = place / count[tie] if ties == "efron" else np.zeros(len(events))
    return RiskSets(
        order=order,
        events=events,
        start=np.searchsorted(by_time, times, side="left"),
        tie=tie,
        fraction=fraction,
        first=first,
        until=np.searchsorted(times, time_days, side="right"),
        tied=bool(fraction.any()),
    )
