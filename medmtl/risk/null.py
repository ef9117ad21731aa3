"""What the whole tabular pipeline scores when there is nothing to find: outcomes are dealt anew, all is fitted."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.cross_fit import cross_fit_division
from medmtl.risk.rows import RiskRows
from medmtl.risk.settings import RiskSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PermutationNull:
    """Harrell's C within folds as found, and [draws] with permuted outcomes; `p` is one-sided, never 0.

    Where the mean of `draws` is not near 0.5, the pipeline itself leans to one side.
    """

    model: str
    observed: float
    draws: Floats

    @property
    def p(self) -> float:
        """How often chance does as well, the data themselves counted as one draw."""
        return float((1 + (self.draws >= self.observed - 1e-12).sum()) / (1 + len(self.draws)))


def permutation_null(rows: RiskRows, settings: RiskSettings, model: str, draws: int) -> PermutationNull:
    """Return the null distribution of a model's C within folds: `draws` times, times and events are dealt to other
    cases together, and every step (entry, selection, scaling, penalty, weights) is done again in every fold.

    The networks are not trained again: their risks, made with the true outcomes, are noise to permuted ones. So this is
    the null of the tabular pipeline given the deep risks. `check_ledger` must hold of the rows. Raises MedmtlError
    where no pair of cases is comparable.
    """
    alone = _alone(settings, model)
    observed = _c(rows, alone, model)
    if observed is None:
        raise MedmtlError("A permutation test needs two comparable cases in one fold. Found none.")
    rng = np.random.default_rng(settings.seed)
    found = [_c(_permuted(rows, rng), alone, model) for _ in range(draws)]
    return PermutationNull(model, observed, np.array([c for c in found if c is not None], dtype=float))


def _alone(settings: RiskSettings, model: str) -> RiskSettings:
    """Return the settings for this one model, whichever way it is asked for."""
    members = {name: member for name, member in settings.members.items() if name == model}
    usual = (model,) if model in settings.models else ()
    if not members and not usual:
        raise MedmtlError(f"A permutation test needs one of the run's models. Found {model}.")
    return settings.model_copy(update={"models": usual, "members": members, "elastic_net_min_events": 10**9})


def _permuted(rows: RiskRows, rng: np.random.Generator) -> RiskRows:
    known = np.flatnonzero(rows.known)
    dealt = rng.permutation(known)
    time_days, event = rows.time_days.copy(), rows.event.copy()
    time_days[known], event[known] = rows.time_days[dealt], rows.event[dealt]
    return replace(rows, time_days=time_days, event=event)


def _c(rows: RiskRows, settings: RiskSettings, model: str) -> float | None:
    try:
        risks = cross_fit_division(rows, rows.fold, settings).risks
    except MedmtlError:  # a fold whose other folds were dealt no event
        return None
    known = risks[(risks["model"] == model) & risks["time_days"].notna()]
    time_days, event, risk = (known[name].to_numpy(dtype=float) for name in ("time_days", "event", "risk"))
    return harrell_c(time_days, event > 0, risk, known["fold"].to_numpy(dtype=int)).estimate
