"""Whether the hazards of a fitted Cox model are proportional, and by how much its own cases flatter it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.optimism import Optimism, optimism
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.proportional_hazards import ProportionalHazards, proportional_hazards_test
from medmtl.risk.base import FittedRisk, RiskModel
from medmtl.risk.coxph import FittedCox
from medmtl.risk.rows import RiskRows

EVENTS_PER_COLUMN = 2  # with fewer, the test has neither power nor its level


@dataclass(frozen=True, slots=True)
class HazardsTest:
    """The test per column and of all together (`GLOBAL`, last); none where `reason` says why."""

    n: int
    n_events: int
    tests: tuple[ProportionalHazards, ...]
    reason: str = ""


def hazards_test(model: FittedRisk, rows: RiskRows) -> HazardsTest:
    """Return the exact test of proportional hazards of the columns that the model holds, on the rows of its fit.

    The columns are fitted without a penalty, as the level of the test asks for; time enters by the Kaplan-Meier curve.
    """
    known = rows.take(rows.known)
    n, events = len(known.cases), int(known.event.sum())
    if not isinstance(model, FittedCox) or not model.hazard.names:
        return HazardsTest(n, events, (), "the model has no coefficients of a Cox regression")
    if events < EVENTS_PER_COLUMN * len(model.hazard.names):
        found = f"{events} for {len(model.hazard.names)} columns"
        return HazardsTest(n, events, (), f"the test needs {EVENTS_PER_COLUMN} events per column. Found {found}")
    x, outcomes = model.scaled(known), Outcomes(known.time_days, known.event)
    fitted = fit_cox(x, outcomes)
    if isinstance(fitted, str):
        return HazardsTest(n, events, (), fitted)
    tests = proportional_hazards_test(x, fitted.coefficients, model.hazard.names, outcomes)
    return HazardsTest(n, events, tuple(tests))


def apparent_c(recipe: RiskModel, rows: RiskRows, resamples: int, seed: int) -> Optimism:
    """Return Harrell's C of the model on the very rows of its fit, and that less its optimism over resamples of them.

    Every resample is fitted anew, scales, entry and penalty included; one that cannot be fitted does not count. Deep
    risks and masks stay as they are, so this tells of what comes after the networks.
    """
    known = rows.take(rows.known)

    def fit(positions: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], float | None]:
        try:
            model = recipe.fit(known.take(positions))
        except MedmtlError:
            return lambda _: None
        return lambda chosen: _c(model, known.take(chosen))

    return optimism(fit, len(known.cases), resamples, np.random.default_rng(seed))


def _c(model: FittedRisk, rows: RiskRows) -> float | None:
    return harrell_c(rows.time_days, rows.event, model.predict(rows)).estimate
