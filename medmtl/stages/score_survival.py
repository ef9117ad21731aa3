"""Scores the survival that each model predicted out of fold, and the groups within the cohort."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.evaluation.model_scores import as_dict, model_scores
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.predicted import Predicted, needed_times
from medmtl.evaluation.restricted_mean import common_tau, restricted_mean_difference
from medmtl.evaluation.sample_size import DAYS_PER_YEAR, Observed, riley_sample_size
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.evaluation.subgroups import subgroup_concordance
from medmtl.evaluation.uno import default_tau
from medmtl.records import Cohort, Scale
from medmtl.stages.fit import out_of_fold_survival
from medmtl.stages.run import Run

_MODEST, _STRONG = 0.15, 0.30  # R2 of Nagelkerke that a clinical model may reach: Riley's suggestion, and twice it


def survival_scores(run: Run, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the measures of each model by its name; `tables` are its out-of-fold risks, of cases with outcomes."""
    settings = run.experiment.evaluation
    scored = {name: _model(run, name, table, settings) for name, table in tables.items()}
    taus = [default_tau(outcomes_of(table)) for table in tables.values()]
    return {"survival": {"tau_days": taus[0] if taus else None, "models": scored}}


def group_scores(run: Run, table: pd.DataFrame) -> dict[str, Any]:
    """Return what the headline's risks tell within each centre and clinical group, and between low and high risk."""
    settings, outcomes = run.experiment.evaluation, outcomes_of(table)
    risk, high = table["risk"].to_numpy(dtype=float), table["group"].to_numpy(dtype=str) == "high"
    tau = common_tau(outcomes, high)
    groups = _groups(run.cohort, table["case_id"].tolist())
    found = {name: subgroup_concordance(outcomes, risk, group, settings) for name, group in groups.items()}
    return {
        "subgroups": {
            name: {key: as_dict(one) | _events(outcomes, groups[name] == key) for key, one in each.items()}
            for name, each in found.items()
        },
        "restricted_mean": {
            "tau_days": tau,
            **as_dict(restricted_mean_difference(outcomes, high, tau, settings.level)),
        },
    }


def sample_size(table: pd.DataFrame, parameters: int, settings: EvaluationSettings) -> dict[str, Any] | None:
    """Return how many cases a model of so many parameters needs, for a modest and a strong signal; None without one."""
    outcomes = outcomes_of(table)
    years = float(outcomes.time_days.sum()) / DAYS_PER_YEAR
    events = int(outcomes.event.sum())
    if not (parameters and events and years > 0):
        return None
    observed, horizon = Observed(outcomes.n, events, years), settings.horizons_days[0] / DAYS_PER_YEAR
    needed = {f"{r2:g}": riley_sample_size(observed, parameters, r2, horizon).needed for r2 in (_MODEST, _STRONG)}
    return {"parameters": parameters, "n": outcomes.n, "events": events, "needed_at_r2": needed}


def outcomes_of(table: pd.DataFrame) -> Outcomes:
    """Return times, events and folds of a table of out-of-fold risks."""
    event = table["event"].astype(float).to_numpy() > 0
    return Outcomes(table["time_days"].to_numpy(dtype=float), event, table["fold"].to_numpy())


def _model(run: Run, name: str, table: pd.DataFrame, settings: EvaluationSettings) -> dict[str, Any]:
    outcomes = outcomes_of(table)
    times = needed_times(outcomes.time_days, settings.horizons_days)
    rows, survival = out_of_fold_survival(run, name, times.tolist())
    place = pd.Index([case.case_id for case in rows.cases]).get_indexer(pd.Index(table["case_id"]))
    predicted = Predicted(table["risk"].to_numpy(dtype=float), times, survival[place])
    return model_scores(outcomes, predicted, settings)


def _groups(cohort: Cohort, case_ids: list[str]) -> dict[str, NDArray[np.str_]]:
    """Return the centre, and each nominal or ordinal column, of the cases, where it has more than one value."""
    cases = {case.case_id: case for case in cohort.cases}
    columns = [column.name for column in cohort.columns if column.scale is not Scale.NUMERIC]
    values = {"centre": [cases[one].centre for one in case_ids]}
    values |= {name: [_told(cases[one].clinical.get(name)) for one in case_ids] for name in columns}
    return {name: np.array(each) for name, each in values.items() if len(set(each)) > 1}


def _events(outcomes: Outcomes, here: NDArray[np.bool_]) -> dict[str, int]:
    return {"n_events": int(outcomes.event[here].sum())}


def _told(value: float | str | None) -> str:
    return "missing" if value is None else str(value)
