"""Draws a comparison: each variant's change from single tasks, with its interval."""

import pandas as pd
from matplotlib.figure import Figure

from medmtl.report.drawing import ACCENT, HIGH, INK, LINE, MUTED, draw, stand_alone

_PANELS = (
    ("delta_m", "delta_m [%]"),
    ("segmentation_transfer", "Dice less single task"),
    ("survival_transfer", "C less single task"),
)


def draw_forest(table: pd.DataFrame) -> str:
    """Return an SVG of delta_m and of both transfers, variant by variant; right of the line is better than alone."""
    shown = table.dropna(subset=["delta_m"]).iloc[::-1]

    def paint(figure: Figure) -> None:
        axes = figure.subplots(1, len(_PANELS), sharey=True)
        for axis, (name, words) in zip(axes, _PANELS, strict=True):
            axis.axvline(0, color=LINE, linewidth=1)
            for place, (_, row) in enumerate(shown.iterrows()):
                low, found, high = row[f"{name}_low"], row[name], row[f"{name}_high"]
                colour = ACCENT if low > 0 else HIGH if high < 0 else MUTED
                axis.plot([low, high], [place, place], color=colour, linewidth=2)
                axis.plot([found], [place], "o", color=INK, markersize=4)
            axis.set_xlabel(words)
            axis.set_yticks(range(len(shown)), list(shown["variant"]))

    return stand_alone(draw("forest", (9.0, 0.8 + 0.28 * len(shown)), paint))
