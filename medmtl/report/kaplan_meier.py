"""Draws survival by risk group with bands, the numbers at risk beneath the axis."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medmtl.report.contents import Contents
from medmtl.report.drawing import HIGH, LINE, LOW, MUTED, Panel, draw
from medmtl.report.wording import DAYS_PER_MONTH, is_known, level_words

_GROUPS = {"low": ("low risk", LOW), "high": ("high risk", HIGH)}
_SHORTEST = 0.1  # months; an axis needs a length where every time is 0
_LOWEST_NAME = 0.05  # where the name of a curve that ends at 0 stands clear of the axis


def kaplan_meier_panel(contents: Contents) -> Panel:
    """Draw the Kaplan-Meier curves of the fused model's risk groups, with the log-rank p in the caption."""
    title = "Survival by predicted risk"
    curves = contents.results.get("kaplan_meier") or {}
    groups = {name: curve for name, curve in (curves.get("groups") or {}).items() if name in _GROUPS and curve}
    if not groups:
        return Panel(title, None, "No curve is known: no case has both a risk group and the endpoint.")
    at_risk = curves.get("at_risk") or {}
    svg = draw("kaplan-meier", (5.2, 4.1), lambda figure: _paint(figure, groups, at_risk, contents.endpoint))
    words = "Groups are cut at the median risk of the training folds, so a case is grouped by others than itself. "
    words += f"{_sizes(at_risk)}Band: {level_words(contents.results)}. {p_words(curves.get('logrank_p'))}"
    return Panel(title, svg, words)


def _sizes(at_risk: Mapping[str, Any]) -> str:
    counted = [f"{at_risk[name][0]} {words}" for name, (words, _) in _GROUPS.items() if at_risk.get(name)]
    return f"At the start: {', '.join(counted)}. " if counted else ""


def p_words(p: Any) -> str:
    """Return the log-rank p-value in words."""
    if not is_known(p):
        return "No log-rank test: it needs two groups and an event."
    return "Log-rank p < 0.001." if p < 0.001 else f"Log-rank p = {p:.3f}."


def _paint(figure: Figure, groups: Mapping[str, Any], at_risk: Mapping[str, Any], endpoint: str) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1])
    for name, curve in groups.items():
        _curve(upper, curve, *_GROUPS[name])
    upper.set(ylim=(0, 1.03), ylabel=f"Free of event ({endpoint})", yticks=[0, 0.25, 0.5, 0.75, 1])
    last = max(*(_months(curve["time_days"])[-1] for curve in groups.values()), _SHORTEST)
    upper.set_xlim(-0.06 * last, 1.22 * last)  # room for the first counts, and for the names where the curves end
    upper.set_xticks(range(0, int(last) + 1, _tick_months(last)))
    upper.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    upper.grid(axis="y", color=LINE, linewidth=0.7)
    upper.set_axisbelow(True)
    upper.tick_params(length=0, labelbottom=True)
    upper.set_xlabel("Months")
    _numbers(lower, _followed(at_risk, groups))


def _curve(axes: Axes, curve: Mapping[str, Any], label: str, colour: str) -> None:
    time = _from_origin(_months(curve["time_days"]), 0.0)
    survival = _from_origin(curve["survival"], 1.0)
    axes.step(time, survival, where="post", color=colour, linewidth=2.2)
    if curve.get("low") and curve.get("high"):
        band = (_from_origin(curve["low"], 1.0), _from_origin(curve["high"], 1.0))
        axes.fill_between(time, *band, step="post", color=colour, alpha=0.16, linewidth=0)
    end = (time[-1], max(survival[-1], _LOWEST_NAME))
    axes.annotate(
        label, end, xytext=(5, 0), textcoords="offset points", va="center", color=colour, fontweight="bold"
    )  # fmt: skip


def _followed(at_risk: Mapping[str, Any], groups: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return the table of numbers at risk for the groups that are drawn, up to the end of the longest curve."""
    last = max(curve["time_days"][-1] for curve in groups.values())
    shown = sum(day <= last for day in at_risk.get("time_days") or [])
    return {name: list(at_risk[name][:shown]) for name in ("time_days", *groups) if name in at_risk}


def _numbers(axes: Axes, at_risk: Mapping[str, Sequence[float]]) -> None:
    times, names = _months(at_risk.get("time_days", [])), [name for name in at_risk if name != "time_days"]
    for row, name in enumerate(names):
        for time, n in zip(times, at_risk[name], strict=True):
            axes.text(time, row, str(n), ha="center", va="center", color=_GROUPS[name][1])
    axes.set(ylim=(len(names) - 0.4, -0.6), yticks=range(len(names)), yticklabels=names)
    axes.set_title("Number at risk", loc="left", color=MUTED, fontsize=9)
    axes.tick_params(length=0, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _tick_months(last: float) -> int:
    """Return the smallest usual step that leaves at most ten ticks."""
    return next((step for step in (1, 3, 6, 12, 24, 60) if last <= 10 * step), 120)


def _months(days: Sequence[float]) -> list[float]:
    return [day / DAYS_PER_MONTH for day in days]


def _from_origin(values: Sequence[float], start: float) -> list[float]:
    return [start, *values]
