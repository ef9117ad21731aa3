"""The product-limit estimate of remaining event-free, or uncensored, and what each case adds to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medmtl.evaluation.outcomes import Outcomes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ProductLimit:
    """Distinct times [k, days], the weight at risk and leaving there, and the survival from there on.

    `leaves` [n] says which cases leave by what is estimated.
    """

    time_days: Floats
    at_risk: Floats
    leaving: Floats
    survival: Floats
    leaves: NDArray[np.bool_]

    def at(self, time_days: ArrayLike) -> Floats:
        """Return the survival at the times; 1 before the first step, the last value after the last."""
        return self._from(np.searchsorted(self.time_days, time_days, side="right"))

    def before(self, time_days: ArrayLike) -> Floats:
        """Return the survival just before the times, their own step not yet taken."""
        return self._from(np.searchsorted(self.time_days, time_days, side="left"))

    def steps_before(self, time_days: Floats, pull: Floats) -> Floats:
        """Return, per step [k], the sum of `pull` over the times that lie after it."""
        count = np.searchsorted(self.time_days, time_days, side="left")
        after: Floats = np.bincount(count, pull, len(self.time_days) + 1)[::-1].cumsum()[::-1][1:]
        return after

    def log_influence(self, outcomes: Outcomes, pull: Floats) -> Floats:
        """Return each case's influence [n] on the sum over steps of `pull` [k] times the logarithm of the step.

        With `pull` 1 up to a time and 0 after it, that is the influence on the logarithm of the survival there.
        """
        stays = self.at_risk - self.leaving
        gain = np.divide(self.leaving, self.at_risk * stays, out=np.zeros_like(stays), where=stays > 0)
        gained = np.concatenate([[0.0], np.cumsum(pull * gain)])
        own = np.searchsorted(self.time_days, outcomes.time_days, side="left")
        lost = np.divide(pull, self.at_risk, out=np.zeros_like(stays), where=self.at_risk > 0)
        influence: Floats = outcomes.weights * (gained[own] - np.where(self.leaves, lost[own], 0.0))
        return influence

    def _from(self, count: NDArray[np.int64]) -> Floats:
        found: Floats = np.concatenate([[1.0], self.survival])[count]
        return found


def event_curve(outcomes: Outcomes) -> ProductLimit:
    """Return the Kaplan-Meier estimate of remaining without the event."""
    return _product_limit(outcomes, outcomes.event, np.zeros(outcomes.n, dtype=bool))


def censoring_curve(outcomes: Outcomes) -> ProductLimit:
    """Return the product-limit estimate of remaining uncensored; an event at a time leaves before a censoring there."""
    return _product_limit(outcomes, ~outcomes.event, outcomes.event)


def _product_limit(outcomes: Outcomes, leaves: NDArray[np.bool_], before: NDArray[np.bool_]) -> ProductLimit:
    times, place = np.unique(outcomes.time_days, return_inverse=True)
    weight = outcomes.weights
    here, gone, leaving = (_by_time(weight * part, place, len(times)) for part in (1.0, before, leaves))
    at_risk = here[::-1].cumsum()[::-1] - gone
    staying = np.divide(at_risk - leaving, at_risk, out=np.ones(len(times)), where=at_risk > 0)
    survival: Floats = np.cumprod(np.maximum(staying, 0.0), dtype=np.float64)
    return ProductLimit(times, at_risk, leaving, survival, leaves)


def _by_time(values: Floats, place: NDArray[np.int64], count: int) -> Floats:
    total: Floats = np.bincount(place, values, count).astype(float)
    return total
