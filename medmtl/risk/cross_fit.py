"""Fits every model without each fold in turn and predicts that fold; then fits every model once on all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.records import Fold
from medmtl.risk.base import FittedRisk, RiskModel
from medmtl.risk.recipes import nothing_to_fit, recipes
from medmtl.risk.rows import RiskRows, check_out_of_fold
from medmtl.risk.settings import RiskSettings

Z_95 = 1.959963984540054  # standard errors to either side that hold 95 %
RISK_COLUMNS = ("case_id", "fold", "model", "risk", "group", "time_days", "event")  # of `risk/risks.csv`
LARGEST = 700.0  # log of about the largest number there is
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """The out-of-fold risks as in `risk/risks.csv`, the models by name and fold, and why a model was not fitted."""

    risks: pd.DataFrame
    fitted: Mapping[str, Mapping[int, FittedRisk]]
    skipped: Mapping[str, str]


def cross_fit(rows: RiskRows, folds: Sequence[Fold], settings: RiskSettings) -> CrossFit:
    """Return risks of every case by models that saw neither it nor any case of its fold, at any step.

    Raises CaseError for a row whose deep risk is not out of fold, and MedmtlError where no model can be fitted. A case
    without the endpoint is predicted, not fitted.
    """
    check_out_of_fold(rows, folds)
    return cross_fit_division(rows, rows.fold, settings)


def cross_fit_division(rows: RiskRows, division: NDArray[np.int_], settings: RiskSettings) -> CrossFit:
    """Return the same by another division [n] of the same rows: each part in turn is held out of the fit.

    Deep risks and masks stay those of the networks that never saw the case; only the models of this package are
    fitted anew. `check_out_of_fold` must hold of the rows.
    """
    found = recipes(settings, rows)
    skipped = {name: reason for name, recipe in found.items() if (reason := nothing_to_fit(recipe, rows))}
    fitted: dict[str, dict[int, FittedRisk]] = {}
    tables = []
    for name in (name for name in found if name not in skipped):
        fitted[name] = {part: _without(part, rows, division, found[name]) for part in np.unique(division).tolist()}
        tables += [_risks(name, part, model, rows.take(division == part)) for part, model in fitted[name].items()]
    if not tables:
        raise MedmtlError(f"One of `risk.models` must have something to fit. Found none: {_told(skipped)}.")
    return CrossFit(pd.concat(tables, ignore_index=True), fitted, skipped)


def fit_all(rows: RiskRows, settings: RiskSettings) -> dict[str, FittedRisk]:
    """Return every model fitted on all rows, for new cases; the models that have nothing to fit are left out."""
    found = recipes(settings, rows)
    return {name: recipe.fit(rows) for name, recipe in found.items() if not nothing_to_fit(recipe, rows)}


def survival_out_of_fold(
    rows: RiskRows, fitted: Mapping[int, FittedRisk], times_days: Sequence[float], part: NDArray[np.int_] | None = None
) -> Floats:
    """Return the survival probability [n, times] of each case by the model that did not see it.

    `fitted` is one model's by fold, as in `CrossFit.fitted`; `part` [n] is the fold of each case, else the rows' own.
    NaN beyond the longest follow-up of that model's training cases.
    """
    part = rows.fold if part is None else part
    survival = np.full((len(rows.cases), len(times_days)), np.nan)
    for fold, model in fitted.items():
        survival[part == fold] = model.survival(rows.take(part == fold), times_days)
    return survival


def coefficient_table(crossed: CrossFit, final: Mapping[str, FittedRisk]) -> pd.DataFrame:
    """Return `model, fold, feature, coefficient, hazard_ratio, low, high`, per standard deviation of the feature.

    The limits hold 95 % of the hazard ratio given the penalty; they know nothing of the choice of features.
    """
    models = [(name, str(fold), model) for name, each in crossed.fitted.items() for fold, model in each.items()]
    models += [(name, "all", model) for name, model in final.items()]
    columns = ["model", "fold", "feature", "coefficient", "hazard_ratio", "low", "high"]
    return pd.DataFrame([row for each in models for row in _coefficients(*each)], columns=columns)


def _told(skipped: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in skipped.items())


def _without(part: int, rows: RiskRows, division: NDArray[np.int_], recipe: RiskModel) -> FittedRisk:
    try:
        return recipe.fit(rows.take(division != part))
    except MedmtlError as error:
        raise MedmtlError(f"Without part {part} of the cases: {error}") from error


def _risks(name: str, fold: int, model: FittedRisk, rows: RiskRows) -> pd.DataFrame:
    risk = model.predict(rows)
    return pd.DataFrame(
        {
            "case_id": [case.case_id for case in rows.cases],
            "fold": fold,
            "model": name,
            "risk": risk,
            "group": np.where(risk > model.cut, "high", "low"),
            "time_days": rows.time_days,
            "event": pd.Series(rows.event).astype("Int64").where(rows.known),
        }
    )


def _coefficients(name: str, fold: str, model: FittedRisk) -> Iterator[tuple[str | float, ...]]:
    for effect in model.effects():
        reach = Z_95 * (np.nan if effect.error is None else effect.error)
        limits = np.array([effect.coefficient - reach, effect.coefficient, effect.coefficient + reach])
        low, ratio, high = np.exp(np.clip(limits, -LARGEST, LARGEST)).tolist()
        yield name, fold, effect.name, effect.coefficient, ratio, low, high
