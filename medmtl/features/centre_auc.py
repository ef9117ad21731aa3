"""Tells how well the centre can be told from the features, before and after harmonisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from medmtl.features.harmoniser import Harmoniser

Floats = NDArray[np.float64]

PENALTY = 0.1  # inverse strength: features are many, and only their joint trace of the centre is asked for
MOST_QUANTILES = 100


@dataclass(frozen=True, slots=True)
class CentreAuc:
    """The cross-validated AUC of the centre, 0.5 for none to be told, 1 for all; NaN with `reason` where not known."""

    before: float
    after: float
    cases: int
    centres: tuple[str, ...]
    reason: str = ""


def centre_auc(values: Floats, centres: Sequence[str], recipe: Harmoniser, folds: int = 5, seed: int = 0) -> CentreAuc:
    """Return the mean one-against-rest AUC of the centres from features [n, p], as measured and harmonised.

    A logistic regression on ranks and their squares (so that a centre's scale tells as well as its shift), each case
    by a fit that did not see it. Only centres with `folds` cases and more take part. The harmoniser is fitted once, on
    all of them: a case moved by what others of its centre show would carry the centre's name in that very move. As it
    takes out of these cases what is theirs by chance, too, nothing left reads as 0.5 or less.
    """
    names = np.array(centres)
    counts = {name: int((names == name).sum()) for name in sorted(set(centres))}
    large = tuple(name for name, count in counts.items() if count >= folds)
    rows = np.flatnonzero(np.isin(names, large))
    if len(large) < 2 or not values.shape[1]:
        return CentreAuc(nan, nan, rows.size, large, f"two centres of {folds} cases and a feature are needed")
    own, where = values[rows], names[rows]
    harmonised = recipe.fit(own, list(where)).transform(own, list(where))
    both = [np.zeros((rows.size, len(large))) for _ in range(2)]
    for fit, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(own, where):
        for probability, columns in zip(both, (own, harmonised), strict=True):
            probability[held_out] = _probabilities(columns, where, fit, held_out)
    before, after_auc = (_auc(where, probability, large) for probability in both)
    return CentreAuc(before, after_auc, rows.size, large)


def _probabilities(
    values: Floats, centres: NDArray[np.str_], fit: NDArray[np.int_], held_out: NDArray[np.int_]
) -> Floats:
    filled = _filled(values, fit)
    ranks = QuantileTransformer(n_quantiles=min(fit.size, MOST_QUANTILES), output_distribution="normal").fit(
        filled[fit]
    )
    columns = ranks.transform(filled)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
    model.fit(_with_squares(columns[fit]), centres[fit])
    found: Floats = model.predict_proba(_with_squares(columns[held_out]))
    return found


def _with_squares(columns: Floats) -> Floats:
    return np.hstack([columns, np.minimum(columns**2, 9.0)])  # 3 deviations: beyond, ranks alone decide


def _filled(values: Floats, fit: NDArray[np.int_]) -> Floats:
    known = np.isfinite(values)
    medians = [
        float(np.median(column[fit][seen[fit]])) if seen[fit].any() else 0.0
        for column, seen in zip(values.T, known.T, strict=True)
    ]
    return np.where(known, values, medians)


def _auc(centres: NDArray[np.str_], probability: Floats, names: tuple[str, ...]) -> float:
    each = [float(roc_auc_score(centres == name, probability[:, column])) for column, name in enumerate(names)]
    return float(np.mean(each))
