"""The last step of a fit, by lifelines: coefficients with their errors, and the baseline hazard."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.exceptions import ConvergenceError
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.ridge import fit_ridge

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hazard:
    """A fitted proportional hazard. `cumulative` is Breslow's baseline, that of a case with all columns at 0."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    penalizer: float
    times_days: tuple[float, ...]
    cumulative: tuple[float, ...]

    def log_risk(self, x: Floats) -> Floats:
        """Return the log relative hazard [n] of columns [n, p]; larger is worse."""
        log_risk: Floats = x @ np.array(self.coefficients)
        return log_risk

    def survival(self, log_risk: Floats, times_days: Sequence[float]) -> Floats:
        """Return the survival [n, times]: 1 before the first time, NaN after the last, as nobody was followed there."""
        position = np.searchsorted(self.times_days, times_days, side="right")
        steps = np.concatenate([[0.0], self.cumulative])[position]
        followed = np.asarray(times_days) <= self.times_days[-1]
        baseline = np.where(followed, steps, np.nan)
        survival: Floats = np.exp(-np.exp(log_risk)[:, None] * baseline[None, :])
        return survival

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Hazard":
        """Return the fit whose `to_dict` this is."""
        values = {name: tuple(value) for name, value in document.items() if name != "penalizer"}
        return cls(**values, penalizer=float(document["penalizer"]))


def fit_hazard(
    x: Floats, names: Sequence[str], time_days: Floats, event: NDArray[np.bool_], penalizers: Sequence[float]
) -> Hazard:
    """Fit columns of mean 0 and variance 1 with the first of the penalties, in ascending order, that converges.

    Without a column, only the baseline is fitted. Raises MedmtlError where none converges.
    """
    for penalizer in sorted(penalizers):
        try:
            return _fit(pd.DataFrame(x, columns=[*names]), time_days, event, penalizer)
        except ConvergenceError:
            continue
    raise MedmtlError(f"A Cox regression on {', '.join(names)} must converge. Found none; raise `risk.penalizers`.")


def _fit(x: pd.DataFrame, time_days: Floats, event: NDArray[np.bool_], penalizer: float) -> Hazard:
    start = fit_ridge(x.to_numpy(), time_days, event, penalizer) if x.shape[1] else None
    fitter = CoxPHFitter(penalizer=penalizer, l1_ratio=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of columns that separate cases, which the penalty holds in check
        fitter.fit(x.assign(_time=time_days, _event=event), "_time", "_event", initial_point=start)
    baseline = fitter.baseline_cumulative_hazard_.iloc[:, 0]
    return Hazard(
        names=tuple(x.columns),
        coefficients=tuple(fitter.params_.astype(float).tolist()),
        errors=tuple(fitter.standard_errors_.astype(float).tolist()),
        penalizer=penalizer,
        times_days=tuple(baseline.index.astype(float).tolist()),
        cumulative=tuple(baseline.astype(float).tolist()),
    )
