"""What the whole tabular pipeline scores when there is nothing to find: outcomes are dealt anew, all is fitted."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.permutation import PermutationTest, permutation_test
from medmtl.risk.cross_fit import cross_fit_division
from medmtl.risk.rows import RiskRows
from medmtl.risk.settings import RiskSettings


def permutation_null(rows: RiskRows, settings: RiskSettings, model: str, draws: int) -> PermutationTest:
    """Return the null distribution of a model's C within folds: `draws` times, times and events are dealt to other
    cases together, and every step (entry, selection, scaling, penalty, weights) is done again in every fold.

    The networks are not trained again: their risks, made with the true outcomes, are noise to permuted ones. So this is
    the null of the tabular pipeline given the deep risks. `check_ledger` must hold of the rows. Raises MedmtlError
    where no pair of cases is comparable.
    """
    alone, known = _alone(settings, model), np.flatnonzero(rows.known)
    rng = np.random.default_rng(settings.seed)
    found = permutation_test(lambda order: _c(_dealt(rows, known[order]), alone, model), len(known), draws, rng)
    if found.observed is None:
        raise MedmtlError("A permutation test needs two comparable cases in one fold. Found none.")
    return found


def _alone(settings: RiskSettings, model: str) -> RiskSettings:
    """Return the settings for this one model, whichever way it is asked for."""
    members = {name: member for name, member in settings.members.items() if name == model}
    usual = (model,) if model in settings.models else ()
    if not members and not usual:
        raise MedmtlError(f"A permutation test needs one of the run's models. Found {model}.")
    return settings.model_copy(update={"models": usual, "members": members, "elastic_net_min_events": 10**9})


def _dealt(rows: RiskRows, order: NDArray[np.int64]) -> RiskRows:
    """Return the rows where those with a known endpoint have that of the row in its place in `order`."""
    time_days, event = rows.time_days.copy(), rows.event.copy()
    time_days[rows.known], event[rows.known] = rows.time_days[order], rows.event[order]
    return replace(rows, time_days=time_days, event=event)


def _c(rows: RiskRows, settings: RiskSettings, model: str) -> float | None:
    try:
        risks = cross_fit_division(rows, rows.fold, settings).risks
    except MedmtlError:  # a fold whose other folds were dealt no event
        return None
    known = risks[(risks["model"] == model) & risks["time_days"].notna()]
    time_days, event, risk = (known[name].to_numpy(dtype=float) for name in ("time_days", "event", "risk"))
    return harrell_c(time_days, event > 0, risk, known["fold"].to_numpy(dtype=int)).estimate
