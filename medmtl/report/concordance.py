"""Draws every model's C-index with its interval, and what the fused model gains over the others."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medmtl.report.contents import Contents
from medmtl.report.drawing import BACKED, INK, LINE, MUTED, Panel, draw, rule
from medmtl.report.wording import MINUS, count, in_order, is_known, level_words, model_name, number, short_name, span

_CHANCE = 0.5


def concordance_panel(contents: Contents) -> Panel:
    """Draw the C-index of each model as dot and interval, with chance and, for phantoms, the ceiling as lines."""
    title = "How well each model orders the patients"
    rows = _known(contents.results.get("concordance"))
    if not rows:
        return Panel(title, None, "No C-index is known: the held-out cases hold no pair whose order was observed.")
    ceiling = contents.results.get("ceiling")

    def paint(figure: Figure) -> None:
        axes = _forest(figure, rows)
        rule(axes, _CHANCE, "chance")
        if is_known(ceiling):
            rule(axes, ceiling, f"ceiling {number(ceiling)}", strong=True)
        axes.set_xlabel(f"Harrell's C-index, {level_words(contents.results)} interval")

    words = f"Out of fold, over the pairs that one model held out: {sample_words(contents)}. "
    words += "Dot: estimate; line: its interval over cases."
    if is_known(ceiling):
        words += " The dashed line is the C-index of the phantoms' true hazard: no model can do better, but for luck."
    return Panel(title, draw("concordance", _size(rows), paint), words)


def difference_panel(contents: Contents) -> Panel:
    """Draw the paired differences of the C-index; an interval that crosses the line leaves the question open."""
    title = "What the fused model gains"
    rows = _known(contents.results.get("differences"))
    if not rows:
        return Panel(title, None, "No two models could be compared on the same pairs.")

    def paint(figure: Figure) -> None:
        axes = _forest(figure, rows)
        rule(axes, 0.0, "no difference")
        axes.set_xlabel(f"Difference of the C-index, {level_words(contents.results)} interval")

    words = "Both models are scored on the same resamples of cases. Right of the line: the first is better."
    return Panel(title, draw("difference", _size(rows), paint), words)


def _forest(figure: Figure, rows: Mapping[str, Mapping[str, Any]]) -> Axes:
    axes: Axes = figure.add_subplot()
    for height, (name, row) in enumerate(rows.items()):
        _row(axes, height, row, strong="fused" in name)
        _words(axes, height, name, row)
    axes.set(ylim=(len(rows) - 0.5, -0.75), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    return axes


def _row(axes: Axes, height: int, row: Mapping[str, Any], *, strong: bool) -> None:
    colour = INK if strong else MUTED
    axes.axhline(height, color=LINE, linewidth=0.8, zorder=-1)
    if is_known(row.get("low")) and is_known(row.get("high")):
        axes.plot([row["low"], row["high"]], [height, height], color=colour, linewidth=2.6 if strong else 1.8)
    axes.plot([row["estimate"]], [height], "o", color=colour, markersize=9 if strong else 7)


def _words(axes: Axes, height: int, name: str, row: Mapping[str, Any]) -> None:
    digits = 3 if " - " in name else 2
    text = f"{number(row['estimate'], digits)}  ({span(row.get('low'), row.get('high'), digits)})"
    beside, weight = axes.get_yaxis_transform(), "bold" if name == "fused" else "normal"
    axes.text(0, height - 0.28, _label(name), transform=beside, va="bottom", weight=weight, bbox=BACKED)
    axes.text(1, height - 0.28, text, transform=beside, va="bottom", ha="right", color=MUTED, bbox=BACKED)


def _known(table: Any) -> dict[str, Mapping[str, Any]]:
    rows = {name: row for name, row in (table or {}).items() if is_known(row.get("estimate"))}
    return {name: rows[name] for name in in_order(rows)}


def _label(name: str) -> str:
    first, minus, second = name.partition(" - ")
    return f"{short_name(first)} {MINUS} {short_name(second)}" if minus else model_name(name)


def _size(rows: Mapping[str, Any]) -> tuple[float, float]:
    return 5.2, 0.75 + 0.58 * len(rows)


def sample_words(contents: Contents) -> str:
    """Say on how many cases with an endpoint, events and pairs the fused model's C-index stands.

    Without an endpoint, on how many masks the Dice does.
    """
    results = contents.results
    if not contents.endpoint:
        return f"{count(results.get('n') or 0, 'case')}, {count(results.get('n_masks') or 0, 'reference mask')}"
    fused = (results.get("concordance") or {}).get("fused") or {}
    pairs = fused.get("pairs")
    words = f"{count(fused.get('n') or 0, 'followed case')}, {count(results.get('n_events') or 0, 'event')}"
    return f"{words}, {count(int(pairs), 'comparable pair')}" if is_known(pairs) else words
