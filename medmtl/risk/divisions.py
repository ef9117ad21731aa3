"""Other divisions of the same rows: at random again and again, or by centre; for the models of this package alone."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.cross_fit import cross_fit_division
from medmtl.risk.ridge import inner_folds
from medmtl.risk.rows import RiskRows
from medmtl.risk.settings import RiskSettings

BY_CENTRE = "centre"


def divisions(rows: RiskRows, settings: RiskSettings) -> dict[str, NDArray[np.int_]]:
    """Return the divisions [n] that the settings ask for: `repeat_0`, ... and `centre`.

    A repeat deals events and other cases alike to as many parts as there are networks. The deep risk and mask of a
    case stay those of the one network that never saw it, so a division by centre does not tell how the networks do in
    a new centre: for that, the networks themselves must be trained by centre (`folds.by: centre`).
    Raises MedmtlError for a division by centre of one centre.
    """
    count = max(2, len(np.unique(rows.fold)))
    asked = {f"repeat_{r}": inner_folds(rows.event, count, settings.seed + 1 + r) for r in range(settings.repeats)}
    return asked | ({BY_CENTRE: _centres(rows)} if settings.by_centre else {})


def cross_fit_divisions(rows: RiskRows, settings: RiskSettings) -> pd.DataFrame:
    """Return the out-of-fold risks of every division, as `cross_fit` does of the networks' own, with its name first."""
    found = divisions(rows, settings)
    tables = [cross_fit_division(rows, each, settings).risks.assign(division=name) for name, each in found.items()]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    return table[["division", *(name for name in table if name != "division")]]


def score_divisions(table: pd.DataFrame) -> pd.DataFrame:
    """Return `model, division, harrell_c, pairs`: Harrell's C over the pairs that one part held out, by division.

    The row `repeats` is the mean over the repeats; its `pairs` are theirs together. Pairs of two parts are never
    compared, and risks of several repeats never averaged: each would mix models that know other constants.
    """
    columns = ["model", "division", "harrell_c", "pairs"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    scores = pd.DataFrame(list(_scores(table)), columns=columns)
    repeats = scores[scores["division"].str.startswith("repeat_")]
    mean = repeats.groupby("model", as_index=False, sort=False).agg({"harrell_c": "mean", "pairs": "sum"})
    return pd.concat([scores, mean.assign(division="repeats")], ignore_index=True)[columns]


def _scores(table: pd.DataFrame) -> Iterator[tuple[str, str, float | None, int]]:
    known = table[table["time_days"].notna()]
    for (model, division), each in known.groupby(["model", "division"], sort=False):
        columns = (each[name].to_numpy(dtype=float) for name in ("time_days", "event", "risk"))
        time_days, event, risk = columns
        c = harrell_c(time_days, event > 0, risk, each["fold"].to_numpy(dtype=int))
        yield str(model), str(division), c.estimate, c.pairs


def _centres(rows: RiskRows) -> NDArray[np.int_]:
    names, division = np.unique([case.centre for case in rows.cases], return_inverse=True)
    if len(names) < 2:
        raise MedmtlError(f"A division by centre needs two centres or more. Found {', '.join(names)} alone.")
    return division
