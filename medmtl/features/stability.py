"""Tells of each feature how far it keeps still when image and mask change slightly, and what it repeats."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.features.perturbations import IMAGE_CHANGES, UNCHANGED
from medmtl.features.redundancy import redundancies
from medmtl.features.reliability import reliability

Floats = NDArray[np.float64]

SOURCES = ("all", "contour", "image")
_ICC = ("icc_1_1", "icc_1_1_low", "icc_1_1_high", "icc_3_1", "icc_3_1_low", "icc_3_1_high")
STABILITY = ("part", "feature", "source", *_ICC, "cases", "repeats", "group", "representative", "with_volume")


def stability_table(repeats: pd.DataFrame, features: Sequence[str], redundancy: float = 0.9) -> pd.DataFrame:
    """Return one row per part, feature and source of change: intraclass correlations, group, correlation with volume.

    Args:
        repeats: `line` (the case), `part`, `perturbation`, `volume_ml` and the features; one row per case, part and
            perturbation.
        features: the columns to tell of.
        redundancy: absolute Spearman correlation above which features are of one group.

    A source is the changes of the contour alone, of the image alone, or all; the unchanged measurement belongs to each.
    Perturbations that not every case of the part has (further members, say) are left out. Groups and correlation with
    volume are of the unchanged measurements.
    """
    parts = [_of_part(str(part), own, list(features), redundancy) for part, own in repeats.groupby("part", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(STABILITY))


def source_of(perturbation: str) -> str:
    """Return which source a perturbation belongs to; the unchanged belongs to none alone."""
    return "image" if perturbation.startswith(IMAGE_CHANGES) else "contour"


def cube(repeats: pd.DataFrame, features: Sequence[str], source: str) -> Floats:
    """Return the measurements [cases, repeats, features] of one part, with NaN where one is not known.

    Cases are in the order of their first row. Cases without any finite measurement unchanged are left out first.
    """
    known = repeats[repeats["perturbation"] == UNCHANGED].set_index("line")[list(features)].notna().any(axis=1)
    own = repeats[repeats["line"].isin(known.index[known])]
    cases = own["line"].drop_duplicates().tolist()
    names = [name for name, found in own.groupby("perturbation", sort=False) if found["line"].nunique() == len(cases)]
    chosen = [name for name in names if name == UNCHANGED or source in ("all", source_of(str(name)))]
    blocks = [own[own["perturbation"] == name].set_index("line").loc[cases, list(features)] for name in chosen]
    return (
        np.stack([block.to_numpy(dtype=float) for block in blocks], axis=1)
        if blocks
        else np.zeros((0, 0, len(features)))
    )


def _of_part(part: str, repeats: pd.DataFrame, features: list[str], redundancy: float) -> pd.DataFrame:
    plain = repeats[repeats["perturbation"] == UNCHANGED]
    found = redundancies(plain[features].to_numpy(dtype=float), plain["volume_ml"].to_numpy(dtype=float), redundancy)
    told = pd.DataFrame(
        {
            "feature": features,
            "group": found.group,
            "representative": found.representative,
            "with_volume": found.with_volume,
        }
    )
    sources = [_agreements(cube(repeats, features, source), features).assign(source=source) for source in SOURCES]
    table = pd.concat(sources, ignore_index=True).merge(told, on="feature", how="left")
    return table.assign(part=part)[list(STABILITY)]


def _agreements(values: Floats, features: Sequence[str]) -> pd.DataFrame:
    rows = []
    for column, name in enumerate(features):
        both = reliability(values[:, :, column])
        numbers = [
            getattr(one, limit) for one in (both.absolute, both.consistent) for limit in ("estimate", "low", "high")
        ]
        rows.append([name, *numbers, both.absolute.cases, values.shape[1]])
    return pd.DataFrame(rows, columns=["feature", *_ICC, "cases", "repeats"])
