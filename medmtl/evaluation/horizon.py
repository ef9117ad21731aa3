"""What is known of each case at a horizon, weighted by the inverse probability of not having been censored before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import ProductLimit, censoring_curve

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """The cases with the event by `days`, those beyond it without, and both kinds' weights [n]; 0 for the rest.

    A case with the event at T weighs 1/G(T-), one beyond the horizon 1/G(days): G is left-continuous at events, so that
    a case never carries the step of a censoring that came after it.
    Source: Graf E et al., Assessment and comparison of prognostic classification schemes, Stat Med 18, 1999.
    """

    outcomes: Outcomes
    days: float
    had: Bools
    beyond: Bools
    weight: Floats
    censoring: ProductLimit

    def influence(self, pull: Floats) -> Floats:
        """Return each case's influence on a statistic that moves by `pull` [n] per relative change of a weight.

        It adds to the case's own weight what the case does to the estimate of G.
        """
        times = np.where(self.had, self.outcomes.time_days, np.nextafter(self.days, np.inf))
        steps = self.censoring.steps_before(times, -pull)
        return pull + self.censoring.log_influence(self.outcomes, steps)


def at_horizon(outcomes: Outcomes, days: float) -> Horizon:
    """Return the cases as they stand at the horizon [days]; the weights include the cases' own."""
    censoring = censoring_curve(outcomes)
    had = outcomes.event & (outcomes.time_days <= days)
    beyond = outcomes.time_days > days
    remains = np.where(had, censoring.before(outcomes.time_days), censoring.at(days))
    weight = np.divide(outcomes.weights, remains, out=np.zeros(outcomes.n), where=had | beyond)
    return Horizon(outcomes, days, had, beyond, weight, censoring)


def objection(outcomes: Outcomes, days: float) -> str:
    """Return why nothing can be said at the horizon [days], or nothing where something can."""
    counted = outcomes.weights > 0
    if not (outcomes.event & (outcomes.time_days <= days) & counted).any():
        return f"no event by day {days:g}"
    if not ((outcomes.time_days > days) & counted).any():
        return f"no case is followed beyond day {days:g}"
    return ""
