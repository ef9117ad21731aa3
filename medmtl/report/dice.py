"""Draws each case's Dice against the volume that was found."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from medmtl.report.contents import Contents
from medmtl.report.drawing import ACCENT, BACKED, INK, LINE, MUTED, Panel, draw
from medmtl.report.wording import count, is_known, number, with_interval

_SMALLEST_ML = 0.1  # where a logarithmic axis puts what is smaller, empty masks included


def dice_panel(contents: Contents) -> Panel:
    """Draw one dot per case with a reference mask; the line is the mean, its band the interval."""
    title = "Dice of each case, by tumour volume"
    table = dice_by_volume(contents)
    if table.empty:
        return Panel(title, None, "Dice is not known: no case has a reference mask.")
    svg = draw("dice", (5.2, 3.7), lambda figure: _paint(figure, table, contents))
    words = "Small tumours are harder: one voxel of border costs them more. Volume is that of the predicted mask."
    empty = int((table["volume_ml"].fillna(0) <= 0).sum())
    return Panel(title, svg, words + (f" {empty} predicted empty, drawn at the left edge." if empty else ""))


def dice_by_volume(contents: Contents) -> pd.DataFrame:
    """Return `case_id`, `dice` and `volume_ml` of the cases with a reference mask, the best first."""
    dice = {case: value for case, value in (contents.results.get("dice_cases") or {}).items() if is_known(value)}
    table = pd.DataFrame({"case_id": pd.Series(list(dice), dtype=object), "dice": list(dice.values())})
    table = table.merge(contents.cases[["case_id", "volume_ml"]], on="case_id", how="left")
    return table.sort_values(["dice", "case_id"], ascending=[False, True], ignore_index=True)


def dice_facts(contents: Contents) -> list[tuple[str, str]]:
    """Return the overlap in numbers, and how many masks radiomics could use, as pairs of name and words."""
    results, dice = contents.results, dice_by_volume(contents)["dice"].astype(float)
    quartiles = [number(value) for value in dice.quantile([0.25, 0.5, 0.75])]
    status = contents.features["status"].dropna().value_counts()
    return [
        ("Mean over cases", with_interval(results.get("dice_mean"), results.get("dice_mean_interval"))),
        (
            "Aggregated over volumes",
            with_interval(results.get("dice_aggregated"), results.get("dice_aggregated_interval")),
        ),
        *_label_facts(results),
        ("Median (quartiles)", f"{quartiles[1]} ({quartiles[0]} to {quartiles[2]})"),
        ("Reference masks", str(results.get("n_masks") or 0)),
        ("Dice below 0.5", count(int((dice < 0.5).sum()), "case")),
        *((f"Radiomics: {name}", count(int(n), "mask")) for name, n in status.items()),
    ]


def _label_facts(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, one in (results.get("labels") or {}).items():
        told = with_interval(one.get("dice_aggregated"), one.get("dice_aggregated_interval"))
        mean = with_interval(one.get("dice_mean"), one.get("dice_mean_interval"))
        yield f"{name}: aggregated", told
        yield f"{name}: mean ({one['n_empty']} of {count(one['n_masks'], 'reference')} without it)", mean
    if is_known(results.get("dice_aggregated_labels")):
        yield "Mean of the labels' aggregated", number(results["dice_aggregated_labels"])


def _paint(figure: Figure, table: pd.DataFrame, contents: Contents) -> None:
    scatter, margin = figure.subplots(1, 2, sharey=True, width_ratios=[6, 1])
    _mean(scatter, contents)
    _mean(margin, contents)
    volume = table["volume_ml"].astype(float).fillna(0.0).clip(lower=_SMALLEST_ML)
    scatter.scatter(volume, table["dice"], s=46, color=ACCENT, alpha=0.75, linewidth=0)
    scatter.set(xscale="log", xlabel="Predicted volume [mL]", ylabel="Dice", ylim=(_floor(table["dice"]), 1.06))
    scatter.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    scatter.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    scatter.minorticks_off()
    scatter.margins(x=0.06)
    for place, name in ((0, "best"), (len(table) // 2, "median"), (len(table) - 1, "worst")):
        _name(scatter, volume.iloc[place], table.iloc[place], name)
    _distribution(margin, table["dice"])
    for axes in (scatter, margin):
        axes.grid(axis="y", color=LINE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, which="both")


def _mean(axes: Axes, contents: Contents) -> None:
    mean, interval = contents.results.get("dice_mean"), contents.results.get("dice_mean_interval")
    if is_known(mean):
        axes.axhline(mean, color=ACCENT, linewidth=1.2, zorder=1)
    if interval and all(map(is_known, interval)):
        axes.axhspan(interval[0], interval[1], color=ACCENT, alpha=0.13, linewidth=0, zorder=0)


def _name(axes: Axes, volume: float, row: pd.Series, name: str) -> None:
    axes.scatter([volume], [row["dice"]], s=110, facecolor="none", edgecolor=INK, linewidth=1.3, zorder=3)
    axes.annotate(
        name, (volume, row["dice"]), xytext=(0, -9), textcoords="offset points", ha="center", va="top", fontsize=9,
        bbox=BACKED,
    )  # fmt: skip


def _floor(dice: pd.Series) -> float:
    """Return the lower end of the axis: zero, unless every dot lies so high that half of the figure would be bare."""
    return 0.4 if dice.min() > 0.5 else -0.04


def _distribution(axes: Axes, dice: pd.Series) -> None:
    """Draw the quartiles as a box without whiskers beside every case as a thin tick."""
    axes.hlines(dice, 0.55, 0.95, color=MUTED, linewidth=0.8)
    low, middle, high = dice.quantile([0.25, 0.5, 0.75])
    axes.fill_between([0.1, 0.45], low, high, color=ACCENT, alpha=0.35, linewidth=0)
    axes.hlines(middle, 0.1, 0.45, color=INK, linewidth=2)
    axes.set(xlim=(0, 1), xticks=[], xlabel="quartiles")
    axes.spines[["left", "bottom"]].set_visible(False)
