"""Radiomics as one score: a selection of them, weighed by a ridge Cox regression."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.radiomics import Radiomics, fit_radiomics
from medmtl.risk.ridge import choose_penalizer, fit_ridge, inner_folds
from medmtl.risk.rows import RiskRows
from medmtl.risk.scaling import Scaler, fit_scaler
from medmtl.risk.settings import RiskSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RadiomicsScore:
    """The fitted score; made by `fit_score`. `coefficients` belong to the scaler's columns, in order."""

    radiomics: Radiomics
    scaler: Scaler
    coefficients: tuple[float, ...]
    penalizer: float

    def predict(self, rows: RiskRows) -> Floats:
        """Return the score [n], a log hazard; 0 is the mean of the training cases.

        A case without radiomics has the medians, and the flag of the missing if training saw such cases.
        """
        score: Floats = self.scaler.transform(self.radiomics.columns(rows)) @ np.array(self.coefficients)
        return score

    def to_dict(self) -> dict[str, Any]:
        """Return the score as plain JSON values."""
        return {
            "radiomics": self.radiomics.to_dict(),
            "scaler": self.scaler.to_dict(),
            "coefficients": list(self.coefficients),
            "penalizer": self.penalizer,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "RadiomicsScore":
        """Return the score whose `to_dict` this is."""
        radiomics, scaler = Radiomics.from_dict(document["radiomics"]), Scaler.from_dict(document["scaler"])
        return cls(radiomics, scaler, tuple(document["coefficients"]), document["penalizer"])


def fit_score(rows: RiskRows, settings: RiskSettings) -> RadiomicsScore:
    """Learn the score from training rows with endpoints: selection, logarithms, scales, penalty, weights."""
    radiomics = fit_radiomics(rows, settings)
    columns = radiomics.columns(rows)
    scaler = fit_scaler(columns, take_log=False)
    x = scaler.transform(columns)
    inner = inner_folds(rows.event, settings.inner_folds, settings.seed)
    penalizer = choose_penalizer(x, rows.time_days, rows.event, settings.penalizers, inner)
    coefficients = fit_ridge(x, rows.time_days, rows.event, penalizer)
    return RadiomicsScore(radiomics, scaler, tuple(coefficients.tolist()), penalizer)


def cross_fitted_score(rows: RiskRows, settings: RiskSettings) -> Floats:
    """Return for each training row the score [n] of a fit that did not see it.

    A model that is to weigh the score must not see one fitted on its own outcome: that score would look too good, and
    crowd out the others. Each inner fit's score is less its mean over its own cases, so that they can be joined.
    """
    score = np.zeros(len(rows.cases))
    inner = inner_folds(rows.event, settings.inner_folds, settings.seed)
    for fold in np.unique(inner):
        held_out = inner == fold
        fitted = fit_score(rows.take(~held_out), settings)
        score[held_out] = fitted.predict(rows.take(held_out))
    return score
