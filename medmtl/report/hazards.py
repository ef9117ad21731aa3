"""Draws the stored fused model: each feature's hazard ratio, and how steady it was over the folds."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medmtl.report.contents import Contents
from medmtl.report.drawing import BACKED, HIGH, LINE, LOW, MUTED, Panel, draw, rule
from medmtl.report.wording import feature_name, is_known, number, span

_MODEL = "fused"
_WIDEST = 20.0  # an interval that reaches beyond this factor is cut, its numbers stand beside it
_LONGEST_NAME = 42  # what fits beside those numbers


def hazard_panel(contents: Contents) -> Panel:
    """Draw the hazard ratios of the fused model that was fitted on all cases, the strongest first."""
    title = "What the fused model uses"
    table = contents.coefficients[contents.coefficients["model"] == _MODEL]
    stored = table[table["fold"] == "all"].dropna(subset=["hazard_ratio"])
    if stored.empty:
        return Panel(title, None, "The fused model holds no feature: none was fitted, or none survived its selection.")
    order = stored["coefficient"].abs().sort_values(ascending=False, kind="stable").index
    folds = table[table["fold"] != "all"]
    svg = draw("hazards", (5.2, 0.8 + 0.6 * len(stored)), lambda figure: _paint(figure, stored.loc[order], folds))
    words = "Hazard ratio per standard deviation of each column, levels and flags included, fitted on all cases; small "
    words += "dots: the same fitted without one fold each. Right of 1: more of it, sooner the event."
    return Panel(title, svg, f"{words} {_unscored(stored, folds)}".rstrip())


def _unscored(stored: pd.DataFrame, folds: pd.DataFrame) -> str:
    """Say which features the stored model alone holds: no score on the page was reached with them."""
    new = stored.loc[~stored["feature"].isin(folds["feature"]), "feature"] if len(folds) else stored["feature"].iloc[:0]
    if new.empty:
        return ""
    names = ", ".join(feature_name(str(feature)) for feature in new)
    return f"Without dots: {names}. No fold's model holds it, so the scores on this page do not speak of it."


def _paint(figure: Figure, stored: pd.DataFrame, folds: pd.DataFrame) -> None:
    axes: Axes = figure.add_subplot()
    for height, (_, row) in enumerate(stored.iterrows()):
        _row(axes, height, row, folds[folds["feature"] == row["feature"]])
    axes.set(xscale="log", ylim=(len(stored) - 0.5, -0.75), yticks=[], xlabel="Hazard ratio, 95 % interval")
    low, high = axes.get_xlim()
    low, high = max(min(low, 0.7), 1 / _WIDEST), min(max(high, 1.5), _WIDEST)
    axes.set_xlim(low, high)
    ticks = [tick for tick in (0.05, 0.1, 0.2, 0.5, 0.7, 1, 1.5, 2, 5, 10, 20) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    rule(axes, 1.0, "no effect")
    axes.spines["left"].set_visible(False)


def _row(axes: Axes, height: int, row: pd.Series, folds: pd.DataFrame) -> None:
    ratio, colour = float(row["hazard_ratio"]), HIGH if row["hazard_ratio"] > 1 else LOW
    axes.axhline(height, color=LINE, linewidth=0.8, zorder=-1)
    if is_known(row["low"]) and is_known(row["high"]):
        axes.plot([row["low"], row["high"]], [height, height], color=colour, linewidth=2.4)
    axes.plot([ratio], [height], "o", color=colour, markersize=9)
    each = folds["hazard_ratio"].dropna()
    axes.plot(each, [height + 0.24] * len(each), "o", color=MUTED, markersize=3.2)
    beside = axes.get_yaxis_transform()
    axes.text(0, height - 0.28, _short(feature_name(str(row["feature"]))), transform=beside, va="bottom", bbox=BACKED)
    text = f"{number(ratio)}  ({span(row['low'], row['high'])})"
    axes.text(1, height - 0.28, text, transform=beside, va="bottom", ha="right", color=MUTED, bbox=BACKED)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
