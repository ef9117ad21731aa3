"""Fits every model without each fold in turn and predicts that fold; then fits every model once on all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from medmtl.errors import MedmtlError
from medmtl.records import Fold
from medmtl.risk.coxph import FittedCox, RidgeCox
from medmtl.risk.rows import RiskRows, check_out_of_fold
from medmtl.risk.settings import MODELS, BlockName, ModelName, RiskSettings

Z_95 = 1.959963984540054  # standard errors to either side that hold 95 %


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit:
    """The out-of-fold risks as in `risk/risks.csv`, the models by name and fold, and why a model was not fitted."""

    risks: pd.DataFrame
    fitted: Mapping[ModelName, Mapping[int, FittedCox]]
    skipped: Mapping[ModelName, str]


def cross_fit(rows: RiskRows, folds: Sequence[Fold], settings: RiskSettings) -> CrossFit:
    """Return risks of every case by models that saw neither it nor any case of its fold, at any step.

    Raises CaseError for a row whose deep risk is not out of fold, and MedmtlError where no model can be fitted. A case
    without the endpoint is predicted, not fitted.
    """
    check_out_of_fold(rows, folds)
    skipped = {name: reason for name in settings.models if (reason := _nothing_to_fit(name, rows))}
    fitted: dict[ModelName, dict[int, FittedCox]] = {}
    tables = []
    for name in (name for name in settings.models if name not in skipped):
        fitted[name] = {fold: _without(fold, rows, name, settings) for fold in np.unique(rows.fold).tolist()}
        tables += [_risks(name, fold, model, rows.take(rows.fold == fold)) for fold, model in fitted[name].items()]
    if not tables:
        raise MedmtlError(f"One of `risk.models` must have something to fit. Found none: {_told(skipped)}.")
    return CrossFit(pd.concat(tables, ignore_index=True), fitted, skipped)


def fit_all(rows: RiskRows, settings: RiskSettings) -> dict[ModelName, FittedCox]:
    """Return every model fitted on all rows, for new cases; the models that have nothing to fit are left out."""
    names = [name for name in settings.models if not _nothing_to_fit(name, rows)]
    return {name: RidgeCox(MODELS[name], settings).fit(rows) for name in names}


def coefficient_table(crossed: CrossFit, final: Mapping[ModelName, FittedCox]) -> pd.DataFrame:
    """Return `model, fold, feature, coefficient, hazard_ratio, low, high`, per standard deviation of the feature.

    The limits hold 95 % of the hazard ratio given the penalty; they know nothing of the choice of features.
    """
    models = [(name, str(fold), model) for name, each in crossed.fitted.items() for fold, model in each.items()]
    models += [(name, "all", model) for name, model in final.items()]
    columns = ["model", "fold", "feature", "coefficient", "hazard_ratio", "low", "high"]
    return pd.DataFrame([row for each in models for row in _coefficients(*each)], columns=columns)


def _nothing_to_fit(name: ModelName, rows: RiskRows) -> str:
    known = {
        BlockName.DEEP: bool(np.isfinite(rows.deep).any()),
        BlockName.CLINICAL: any(
            case.clinical.get(column.name) is not None for case in rows.cases for column in rows.columns
        ),
    }
    if any(known.get(block, True) for block in MODELS[name]):
        return ""
    return f"no case has a value of {', '.join(block.value for block in MODELS[name])}"


def _told(skipped: Mapping[ModelName, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in skipped.items())


def _without(fold: int, rows: RiskRows, name: ModelName, settings: RiskSettings) -> FittedCox:
    return RidgeCox(MODELS[name], settings).fit(rows.take(rows.fold != fold))


def _risks(name: ModelName, fold: int, model: FittedCox, rows: RiskRows) -> pd.DataFrame:
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


def _coefficients(name: str, fold: str, model: FittedCox) -> Iterator[tuple[str | float, ...]]:
    hazard = model.hazard
    for feature, value, error in zip(hazard.names, hazard.coefficients, hazard.errors, strict=True):
        low, ratio, high = np.exp([value - Z_95 * error, value, value + Z_95 * error]).tolist()
        yield name, fold, feature, value, ratio, low, high
