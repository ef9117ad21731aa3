"""Radiomics as one score: redundant features are dropped, and a ridge Cox regression weighs the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from medmtl.risk.ridge import choose_penalizer, fit_ridge, inner_folds
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.scaling import Scaler, fit_scaler
from medmtl.risk.settings import RiskSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RadiomicsScore:
    """The fitted score; made by `fit_score`. `coefficients` belong to the scaler's columns, in order."""

    scaler: Scaler
    coefficients: tuple[float, ...]
    penalizer: float

    def predict(self, radiomics: Block) -> Floats:
        """Return the score [n], a log hazard; 0 is the mean of the training cases.

        A case without radiomics has the medians, and the flag of the missing if training saw such cases.
        """
        score: Floats = self.scaler.transform(radiomics) @ np.array(self.coefficients)
        return score

    def to_dict(self) -> dict[str, Any]:
        """Return the score as plain JSON values."""
        return {
            "scaler": self.scaler.to_dict(),
            "coefficients": list(self.coefficients),
            "penalizer": self.penalizer,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "RadiomicsScore":
        """Return the score whose `to_dict` this is."""
        scaler = Scaler.from_dict(document["scaler"])
        return cls(scaler, tuple(document["coefficients"]), document["penalizer"])


def fit_score(rows: RiskRows, settings: RiskSettings) -> RadiomicsScore:
    """Learn the score from training rows with endpoints: logarithms, representatives, scales, penalty, weights."""
    scaler = fit_scaler(rows.radiomics.pick(_representatives(rows.radiomics, settings.redundancy)), take_log=True)
    x = scaler.transform(rows.radiomics)
    inner = inner_folds(rows.event, settings.inner_folds, settings.seed)
    penalizer = choose_penalizer(x, rows.time_days, rows.event, settings.penalizers, inner)
    coefficients = fit_ridge(x, rows.time_days, rows.event, penalizer)
    return RadiomicsScore(scaler, tuple(coefficients.tolist()), penalizer)


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
        score[held_out] = fitted.predict(rows.radiomics.take(held_out))
    return score


def _representatives(radiomics: Block, redundancy: float) -> tuple[str, ...]:
    """Return one feature per group of features that all correlate; outcomes play no part.

    In a group every absolute Spearman correlation exceeds `redundancy`; the one closest to all others stands for it.
    """
    useless = set(fit_scaler(radiomics, take_log=False).dropped)
    names = [name for name in radiomics.names if name not in useless]
    if len(names) < 2:
        return tuple(names)
    ranks = rankdata(radiomics.pick(names).values, axis=0, nan_policy="omit")
    ranks = np.where(np.isnan(ranks), np.nanmean(ranks, axis=0), ranks)
    similarity = np.abs(np.corrcoef(ranks.T))
    distance = squareform(np.clip(1 - similarity, 0, None), checks=False)
    group = fcluster(linkage(distance, "complete"), 1 - redundancy, "distance")
    chosen = [_medoid(similarity, np.flatnonzero(group == number)) for number in np.unique(group)]
    return tuple(names[position] for position in sorted(chosen))


def _medoid(similarity: Floats, members: NDArray[np.int_]) -> int:
    closeness = similarity[np.ix_(members, members)].sum(axis=0)
    return int(members[np.argmax(closeness.round(9))])  # rounded, so that of equals the first stands on any machine
