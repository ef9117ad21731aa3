"""Draws predicted against observed risk, and net benefit; lays out the scores of predicted survival by model."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medmtl.report.contents import Contents
from medmtl.report.drawing import ACCENT, INK, LINE, MUTED, Panel, draw
from medmtl.report.wording import DAYS_PER_MONTH, in_order, is_known, model_name, number, short_name, span

_DRAWN = {"fused": INK, "clinical": ACCENT}  # the model of the page, and the one a reader compares it with
_LOWEST = -0.05  # net benefit: what lies far below treating none is cut off
SCORE_COLUMNS = ("Model", "Uno C", "Calibration slope", "IBS", "IPA", "Horizon", "AUC", "Brier", "Observed/expected")


def calibration_panel(contents: Contents) -> Panel:
    """Draw the calibration curves at the horizon; on the diagonal a predicted risk means what it says."""
    title = "Does a predicted risk mean what it says?"
    day, curves = _at_middle(contents, "calibration", "predicted")
    if not curves:
        return Panel(title, None, _why(contents, "calibration"))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for name, curve in curves.items():
            axes.plot(curve["predicted"], curve["observed"], color=_DRAWN[name], linewidth=2.2, label=model_name(name))
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="Predicted risk of the event", ylabel="Observed risk")
        axes.yaxis.set_major_formatter(_percent)
        _finish(axes)

    apart = ", ".join(f"{short_name(name)} {number(curve['ici'], 3)}" for name, curve in curves.items())
    words = f"Out of fold, at {_months(day)}. Mean distance from the diagonal: {apart}. "
    return Panel(title, draw("calibration", (4.6, 4.1), paint), words + "With few events the curve follows chance.")


def decision_panel(contents: Contents) -> Panel:
    """Draw the net benefit over thresholds, beside treating all and none."""
    title = "Would acting on the risk do good?"
    day, curves = _at_middle(contents, "decision", "model")
    if not curves:
        return Panel(title, None, _why(contents, "decision"))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        every = next(iter(curves.values()))
        axes.axhline(0, color=MUTED, linewidth=1)
        _line(axes, every["thresholds"], every["treat_all"], MUTED, "Treat all")
        for name, curve in curves.items():
            _line(axes, curve["thresholds"], curve["model"], _DRAWN[name], model_name(name))
        highest = max(value for value in every["treat_all"] if is_known(value))
        axes.set(ylim=(_LOWEST, 1.1 * max(highest, 0.05)), xlabel="Threshold of risk", ylabel="Net benefit per case")
        _finish(axes)

    words = (
        f"Out of fold, at {_months(day)}. To act on a model can do good only where its line is above treating all and "
    )
    words += "above 0, treating none. No interval is drawn: with few events the lines cross by chance."
    return Panel(title, draw("decision", (4.6, 4.1), paint), words)


def score_rows(contents: Contents) -> list[list[str]]:
    """Return one row per model and horizon with the columns of SCORE_COLUMNS, in words."""
    models = _models(contents)
    return [row for name in in_order(models) for row in _rows(name, models[name])]


def _rows(name: str, scores: Mapping[str, Any]) -> list[list[str]]:
    whole = scores.get("integrated") or {}
    overall = [
        model_name(name), _told(scores.get("uno_c")), _told(scores.get("calibration_slope")),
        _told(whole.get("brier"), 3), _told(whole.get("ipa")),
    ]  # fmt: skip
    rows: list[list[str]] = []
    for day, found in (scores.get("horizons") or {}).items():
        measured = [_told(found.get("auc")), _told(found.get("brier"), 3), _told(found.get("observed_to_expected"))]
        rows.append([*(overall if not rows else [""] * len(overall)), _months(float(day)), *measured])
    return rows


def _months(days: float) -> str:
    return f"{days / DAYS_PER_MONTH:.0f} months"


def _told(row: Any, digits: int = 2) -> str:
    if not row or not is_known(row.get("estimate")):
        return "not known"
    return f"{number(row['estimate'], digits)} ({span(row.get('low'), row.get('high'), digits)})"


def _models(contents: Contents) -> Mapping[str, Any]:
    return (contents.results.get("survival") or {}).get("models") or {}


def _at_middle(contents: Contents, what: str, key: str) -> tuple[float, dict[str, Mapping[str, Any]]]:
    """Return the middle one of the horizons at which the fused model's curve is known, and the curves there."""
    models = {name: _models(contents)[name].get("horizons") or {} for name in _DRAWN if name in _models(contents)}
    days = [day for day, found in models.get("fused", {}).items() if (found.get(what) or {}).get(key)]
    if not days:
        return 0.0, {}
    day = days[(len(days) - 1) // 2]
    curves = {name: (found.get(day) or {}).get(what) or {} for name, found in models.items()}
    return float(day), {name: curve for name, curve in curves.items() if curve.get(key)}


def _why(contents: Contents, what: str) -> str:
    horizons = (_models(contents).get("fused") or {}).get("horizons") or {}
    found = [(one.get(what) or {}).get("reason") or one.get("reason") for one in horizons.values()]
    reasons = sorted({str(reason) for reason in found if reason})
    return f"Not drawn: {'; '.join(reasons)}." if reasons else "Not drawn: no survival of the fused model was scored."


def _line(axes: Axes, across: Any, up: Any, colour: str, label: str) -> None:
    points = [(x, y) for x, y in zip(across, up, strict=True) if is_known(y)]
    axes.plot([x for x, _ in points], [y for _, y in points], color=colour, linewidth=2.0, label=label)


def _finish(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(_percent)
    axes.grid(color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.legend(frameon=False, fontsize=9)


def _percent(share: float, _: float) -> str:
    return f"{100 * share:.0f} %"
