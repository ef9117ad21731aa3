"""The Cox model without a penalty, by lifelines, with the tables that inference asks for. Events must be many."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.base import FittedRisk, RiskModel
from medmtl.risk.coxph import FittedCox, fit_cox
from medmtl.risk.hazard import Hazard, build_hazard
from medmtl.risk.rows import RiskRows
from medmtl.risk.scaling import Scaler
from medmtl.risk.settings import BlockName, RiskSettings

RUNAWAY = 10.0  # log hazard ratio per standard deviation beyond which only separated cases can lie
_TO_THE_END = {"precision": 1e-13, "r_precision": 1e-15}  # lifelines' own limits leave 2e-6 of a coefficient
Floats = NDArray[np.float64]


class PlainCox(RiskModel):
    """A Cox model on these blocks, every column with the coefficient that the data alone give it."""

    def __init__(self, settings: RiskSettings, blocks: tuple[BlockName, ...]) -> None:
        self.blocks = blocks
        self._settings = settings

    def fit(self, rows: RiskRows) -> FittedCox:
        """Learn everything from these rows.

        Raises MedmtlError where no event is among them, or where the coefficients are not determined: as many columns
        as events, columns that tell the same, or a column that separates the cases.
        """
        return fit_cox(rows, self.blocks, self._settings, _weigh)


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """What a plain Cox regression says of its columns, and of all of them together.

    `table` has `feature, coefficient, error, hazard_ratio, low, high, z, p`, per standard deviation of the column;
    `likelihood_ratio` and `p` test that no column matters.
    """

    table: pd.DataFrame
    log_likelihood: float
    likelihood_ratio: float
    p: float


def infer(x: Floats, names: tuple[str, ...], time_days: Floats, event: NDArray[np.bool_]) -> Inference:
    """Return the tables of a plain Cox regression with Efron's ties, columns [n, p] named.

    Raises MedmtlError where the coefficients are not determined. Its p-values hold for columns named in advance; of
    columns chosen by the same data they are too small.
    """
    fitter = _fitted(x, names, time_days, event)
    told = fitter.summary
    limits = np.exp(np.clip(told[["coef lower 95%", "coef", "coef upper 95%"]].to_numpy(float), -700, 700))
    table = pd.DataFrame({"feature": names, "coefficient": told["coef"].to_numpy(float)})
    table = table.assign(error=told["se(coef)"].to_numpy(float), hazard_ratio=limits[:, 1])
    table = table.assign(low=limits[:, 0], high=limits[:, 2], z=told["z"].to_numpy(), p=told["p"].to_numpy())
    test = fitter.log_likelihood_ratio_test()
    return Inference(table, float(fitter.log_likelihood_), float(test.test_statistic), float(test.p_value))


def inference_table(models: Mapping[str, FittedRisk], rows: RiskRows) -> pd.DataFrame:
    """Return `infer`'s table for the columns of each Cox model, with `model` and the test of all columns together.

    `rows` are those that the models were fitted on. A model whose columns have no determined coefficients has one row,
    with the reason in `note`.
    """
    known = rows.take(rows.known)
    tables = []
    for name, model in models.items():
        if isinstance(model, FittedCox) and model.hazard.names:
            try:
                found = infer(model.scaled(known), model.hazard.names, known.time_days, known.event)
                told = found.table.assign(likelihood_ratio=found.likelihood_ratio, p_of_all=found.p, note="")
            except MedmtlError as error:
                told = pd.DataFrame({"note": [str(error)]})
            tables.append(told.assign(model=name))
    columns = ["model", "feature", "coefficient", "error", "hazard_ratio", "low", "high", "z", "p"]
    columns += ["likelihood_ratio", "p_of_all", "note"]
    return pd.concat(tables, ignore_index=True).reindex(columns=columns) if tables else pd.DataFrame(columns=columns)


def _weigh(x: Floats, scaler: Scaler, rows: RiskRows) -> Hazard:
    outcome = (rows.time_days, rows.event)
    if not scaler.names:
        return build_hazard(x, (), np.zeros(0), outcome, 0.0)
    fitter = _fitted(x, scaler.names, *outcome)
    return build_hazard(x, scaler.names, fitter.params_.to_numpy(float), outcome, 0.0)


def _fitted(x: Floats, names: tuple[str, ...], time_days: Floats, event: NDArray[np.bool_]) -> CoxPHFitter:
    _check_determined(x, int(event.sum()))
    table = pd.DataFrame(x, columns=[*names]).assign(_time=time_days, _event=event)
    fitter = CoxPHFitter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of, separation, is looked for below
            fitter.fit(table, "_time", "_event", fit_options=_TO_THE_END)
    except ConvergenceError as error:
        raise MedmtlError(_undetermined("no convergence, as columns that separate the cases give")) from error
    far = fitter.params_.abs()
    if not np.isfinite(far).all() or far.max() > RUNAWAY:
        raise MedmtlError(_undetermined(f"a log hazard ratio of {far.max():.0f} for {far.idxmax()}: it separates"))
    return fitter


def _check_determined(x: Floats, events: int) -> None:
    if x.shape[1] >= events:
        raise MedmtlError(_undetermined(f"{x.shape[1]} columns and {events} events"))
    if np.linalg.matrix_rank(x, tol=1e-8 * np.sqrt(len(x))) < x.shape[1]:
        raise MedmtlError(_undetermined("columns of which one follows from the others"))


def _undetermined(found: str) -> str:
    return (
        f"A Cox regression without a penalty needs coefficients that the data determine. Found {found}. Use RidgeCox."
    )
