"""Draws how far features keep still under small changes, and how much of the volume they repeat, by feature class."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medmtl.features.engine.feature_classes import FEATURE_CLASSES
from medmtl.report.drawing import ACCENT, INK, LINE, MUTED, Panel, draw
from medmtl.report.plain_page import figure, plain_page

STABLE = 0.9  # ICC(1,1) from which a feature is called stable (Zwanenburg A et al., Sci Rep 9:614, 2019)
VOLUME = 0.9  # absolute rank correlation from which a feature tells the volume
_PANELS = (
    ("contour", "icc_1_1", STABLE, "ICC(1,1), other contours"),
    ("image", "icc_1_1", STABLE, "ICC(1,1), noise and shifts"),
    ("all", "with_volume", VOLUME, "|Spearman| with volume"),
)
_OTHER = "clinic"
_IMAGES = {"pet": "PET ", "ct": "CT "}
_LEAD = "The same cases measured again: in other contours, with noise, moved by part of a voxel."


def stability_page(table: pd.DataFrame) -> str:
    """Return a page, one figure per part of a stability table: a dot per feature, green where it speaks for a group."""
    panels = stability_panels(table) or [Panel("Nothing", None, "Nothing could be measured twice.")]
    return plain_page("Stability of the features", _LEAD, [figure(panel) for panel in panels])


def stability_panels(table: pd.DataFrame) -> list[Panel]:
    """Return the figures, one per part.

    What is not known is not drawn. Negative agreements are drawn as 0: none at all.
    """
    return [_panel(str(part), own) for part, own in table.groupby("part", sort=False)]


def _panel(part: str, table: pd.DataFrame) -> Panel:
    kinds = _kinds(table)

    def paint(figure: Figure) -> None:
        axes = figure.subplots(1, len(_PANELS), sharey=True)
        for axis, (source, column, limit, words) in zip(axes, _PANELS, strict=True):
            _paint(axis, table[table["source"] == source], column, limit, kinds)
            axis.set(xlabel=words, xlim=(-0.03, 1.03))
            axis.set_yticks(range(len(kinds)), kinds)

    svg = draw(f"stability-{part.replace(' ', '-')}", (10.0, 1.2 + 0.38 * max(len(kinds), 1)), paint)
    return Panel(f"Which features keep still: {part}", svg, _in_words(table))


def _in_words(table: pd.DataFrame) -> str:
    whole = table[table["source"] == "all"]
    stable, known = int((whole["icc_1_1"] >= STABLE).sum()), int(whole["icc_1_1"].notna().sum())
    groups, volume = whole["group"].max(), int((whole["with_volume"].abs() >= VOLUME).sum())
    cases, fewest, repeats = (int(one) for one in (whole["cases"].max(), whole["cases"].min(), whole["repeats"].max()))
    fewer = "" if fewest == cases else f" ({fewest} for some features)"
    return (
        f"{cases} cases{fewer}, each measured {repeats} times. {stable} of {known} features have an ICC(1,1) of at "
        f"least {STABLE} over all changes; {groups} groups hold features that tell the same (absolute Spearman "
        f"correlation above 0.9), {volume} features tell the volume. A dot is a feature, green where it speaks for its "
        "group. Upright lines are medians."
    )


def kind_of(feature: str) -> str:
    """Return the feature class that a column's name tells, with PET or CT where it does; `clinic` for any other."""
    parts = feature.split("_")
    kind = next((part for part in parts[1:-1] if part in FEATURE_CLASSES), None)
    image = next((_IMAGES[part] for part in parts if part in _IMAGES), "")
    return _OTHER if kind is None else f"{image}{kind}"


def _kinds(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(kind_of(str(name)) for name in table["feature"]))[::-1]


def _paint(axis: Axes, table: pd.DataFrame, column: str, limit: float, kinds: list[str]) -> None:
    axis.axvline(limit, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    value = table[column].abs() if column == "with_volume" else table[column].clip(lower=0)
    for place, kind in enumerate(kinds):
        own = np.array([kind_of(str(name)) == kind for name in table["feature"]], dtype=bool)
        known = value[own].to_numpy(dtype=float)
        first = table["representative"][own].to_numpy(dtype=bool)
        height = place + _spread(known.size)
        axis.scatter(known[~first], height[~first], s=14, color=MUTED, alpha=0.6, linewidth=0)
        axis.scatter(known[first], height[first], s=20, color=ACCENT, linewidth=0)
        if np.isfinite(known).any():
            axis.plot([np.nanmedian(known)] * 2, [place - 0.38, place + 0.38], color=INK, linewidth=1.4)
        axis.axhline(place - 0.5, color=LINE, linewidth=0.6)


def _spread(count: int) -> NDArray[np.float64]:
    return (np.arange(count, dtype=np.float64) * 0.618034 % 1.0 - 0.5) * 0.66  # the golden ratio keeps neighbours apart
