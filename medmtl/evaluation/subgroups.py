"""Harrell's C within each centre, sex or other group of cases."""

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.concordance import interval_of_c
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

Floats = NDArray[np.float64]
MIN_EVENTS = 5  # fewer events move C by more than a tenth each
MIN_CASES = 10


def subgroup_concordance(
    outcomes: Outcomes, risk: Floats, group: NDArray[np.str_], settings: EvaluationSettings
) -> dict[str, Interval]:
    """Return Harrell's C of the pairs within each group, by its name, folds kept apart too.

    A group of fewer than 10 cases or 5 events has none, and says so. Groups are looked at one by one, so one of twenty
    stands out by chance.
    """
    return {str(name): _of(outcomes, risk, group == name, settings) for name in np.unique(group)}


def _of(outcomes: Outcomes, risk: Floats, here: NDArray[np.bool_], settings: EvaluationSettings) -> Interval:
    part = outcomes.take(here)
    events = int(part.event.sum())
    if part.n < MIN_CASES or events < MIN_EVENTS:
        needed = f"a group needs {MIN_CASES} cases and {MIN_EVENTS} events"
        return Interval(None, None, None, part.n, f"{needed}. Found {part.n} and {events}")
    return interval_of_c(part, risk[here], settings)
