"""Draws what each fold learned, epoch by epoch."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from medmtl.report.contents import Contents
from medmtl.report.drawing import ACCENT, INK, LINE, MUTED, Panel, draw
from medmtl.report.wording import count

_CURVES = {
    "validate_dice": ("Segmentation: Dice in validation", "higher is better", ACCENT),
    "validate_harrell_c": ("Survival: C-index in validation", "higher is better, 0.5 is chance", INK),
    "validate_cox": ("Survival: Cox loss in validation", "lower is better, 1 is what equal risks give", INK),
    "train_loss": ("All tasks: loss in training", "lower is better", MUTED),
}


def learning_panels(contents: Contents) -> list[Panel]:
    """Draw one panel per metric that was logged; one panel in words where none was."""
    metrics = contents.metrics
    known = [name for name in _CURVES if name in metrics and metrics[name].notna().any()]
    if not known:
        return [Panel("Learning", None, "No learning curve is known: the folds logged no metrics.")]
    counted = metrics.assign(epoch=metrics["epoch"] + 1)  # the file counts from 0, people and the terminal from 1
    return [_panel(name, counted[["fold", "epoch", name]].dropna()) for name in known]


def _panel(name: str, table: pd.DataFrame) -> Panel:
    title, words, colour = _CURVES[name]
    svg = draw(f"learning-{name}", (5.0, 2.9), lambda figure: _paint(figure, table, name, colour))
    folds = table["fold"].nunique()
    return Panel(title, svg, f"{words.capitalize()}. Thin: {count(folds, 'fold')}; thick: their mean.")


def _paint(figure: Figure, table: pd.DataFrame, name: str, colour: str) -> None:
    axes: Axes = figure.add_subplot()
    for _, fold in table.groupby("fold"):
        axes.plot(fold["epoch"], fold[name], color=colour, alpha=0.38, linewidth=1)
    mean = mean_of_all(table, name)
    axes.plot(mean.index, mean, color=colour, linewidth=2.6)
    if name == "validate_harrell_c":
        axes.axhline(0.5, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xlabel("Epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)


def mean_of_all(table: pd.DataFrame, name: str) -> "pd.Series[float]":
    """Return the mean over folds, up to the epoch where the first of them stops, so that it never jumps."""
    common = table.groupby("fold")["epoch"].max().min()
    mean: pd.Series[float] = table[table["epoch"] <= common].groupby("epoch")[name].mean()
    return mean
