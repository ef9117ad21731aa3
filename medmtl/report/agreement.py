"""Draws how the tasks were weighed and how their gradients agreed, epoch by epoch, where training wrote it down."""

from collections.abc import Callable
from itertools import permutations
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from medmtl.report.contents import Contents
from medmtl.report.drawing import ACCENT, INK, LINE, MUTED, Panel, draw
from medmtl.report.learning import mean_of_all
from medmtl.report.wording import count

_MOST = 12  # small drawings in a panel
_ACROSS = 2
_STILL = 1e-6  # what differs by less is a constant


class _Kind(NamedTuple):
    """A family of columns of metrics.csv that are drawn side by side."""

    prefix: str
    title: str
    words: str
    colour: str
    unit: float = 1.0  # what the figures are told in


_WEIGHTS = _Kind("weight_", "Weights of the tasks", "what the loss of a task was multiplied by", ACCENT)
_COSINE = _Kind(
    "gradient_cosine_",
    "Agreement of the tasks",
    "cosine of the gradients of two tasks; below 0 they conflict",
    INK,
    0.0,
)
_AFFINITY = _Kind(
    "gradient_affinity_",
    "Affinity of the tasks",
    "percent of the loss of the second that a step for the first alone would take away; below 0 it would harm",
    INK,
    0.01,
)
_PAIRS = ((" and ", _COSINE), (" for ", _AFFINITY))


def agreement_panels(contents: Contents) -> list[Panel]:
    """Draw a panel per family of figures that was logged and is more than a constant; none where none was."""
    metrics = contents.metrics
    if metrics.empty or "epoch" not in metrics:
        return []
    counted = metrics.assign(epoch=metrics["epoch"] + 1)
    tasks = [c.removeprefix("train_") for c in map(str, counted) if c.startswith("train_") and c != "train_loss"]
    found = [_panel(counted, _WEIGHTS, {f"weight_{task}": task for task in tasks})]
    for between, kind in _PAIRS:
        pairs = {f"{kind.prefix}{a}_{b}": f"{a}{between}{b}" for a, b in permutations(tasks, 2)}
        found.append(_panel(counted, kind, pairs))
    return [panel for panel in found if panel is not None]


def _panel(table: pd.DataFrame, kind: _Kind, named: dict[str, str]) -> Panel | None:
    spread = {name: float(table[name].max() - table[name].min()) for name in named if name in table}
    if not any(value > _STILL for value in spread.values()):
        return None
    shown = sorted(spread, key=lambda name: -spread[name])[:_MOST]
    titles = {name: title for name, title in named.items() if name in shown}
    rows = -(-len(titles) // _ACROSS)
    svg = draw(f"learning-{kind.prefix}", (5.0, 0.5 + 1.5 * rows), _painter(table, kind, titles))
    of = f"The {len(shown)} that change most of {len(spread)}. " if len(spread) > len(shown) else ""
    folds = count(table["fold"].nunique(), "fold")
    return Panel(kind.title, svg, f"{kind.words.capitalize()}. {of}Thin: {folds}; thick: their mean.")


def _painter(table: pd.DataFrame, kind: _Kind, titles: dict[str, str]) -> Callable[[Figure], None]:
    def paint(figure: Figure) -> None:
        rows = -(-len(titles) // _ACROSS)
        grid = figure.subplots(rows, _ACROSS, sharex=True, sharey=True, squeeze=False).flatten()
        for axes, (name, title) in zip(grid, titles.items(), strict=False):
            _paint(axes, table[["fold", "epoch", name]].dropna(), name, kind)
            axes.set_title(title, loc="left", fontsize=9)
        for axes in grid[len(titles) :]:
            axes.set_visible(False)
        for axes in grid[max(0, len(titles) - _ACROSS) : len(titles)]:
            axes.set_xlabel("Epoch")
            axes.tick_params(labelbottom=True)

    return paint


def _paint(axes: Axes, table: pd.DataFrame, name: str, kind: _Kind) -> None:
    for _, fold in table.groupby("fold"):
        axes.plot(fold["epoch"], fold[name] / kind.unit, color=kind.colour, alpha=0.38, linewidth=1)
    mean = mean_of_all(table, name)
    axes.plot(mean.index, mean / kind.unit, color=kind.colour, linewidth=2.2)
    axes.axhline(0.0, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
