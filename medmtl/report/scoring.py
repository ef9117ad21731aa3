"""Writes the scores on an external cohort in words."""

from collections.abc import Mapping
from typing import Any

from medmtl.report.wording import count, is_known, number, span


def score_in_words(results: Mapping[str, Any]) -> str:
    """Return what `score.json` says, for reading: C, slope, and the figures of each horizon."""
    counted = f"{results['n_endpoint']} cases with {results['endpoint']}, {results['n_events']} events"
    lines = [
        f"Model `{results['model']}` on {counted}.",
        f"Harrell's C {_told(results['harrell_c'])}; 0.5 is chance.",
        f"Calibration slope {_told(results['calibration_slope'])}; 1 is right, below 1 the risks lie too far apart.",
        *(_horizon(float(days), each) for days, each in results["horizons"].items()),
    ]
    if results["in_sample"] is None:
        lines.append("Whether the model was fitted on any of these cases is not known: a document names no patients.")
    elif results["in_sample"]:
        lines.append(f"{len(results['in_sample'])} of the cases trained the run: these figures are in-sample.")
    if "recalibration" in results:
        told = results["recalibration"]
        lines.append(
            f"Recalibrated ({told['kind']}, slope {number(told['slope'])}): {told['document']}; {told['note']}."
        )
    else:
        lines.append("The model is as it was. `--recalibrate baseline` or `slope` writes another document beside it.")
    return "\n".join(lines)


def _horizon(days: float, found: Mapping[str, Any]) -> str:
    parts = [f"AUC {_told(found['auc'])}"]
    if "brier" in found:
        brier = found["brier"]
        parts.append(f"Brier {_told(brier['score'])}, against {number(brier['null'])} of Kaplan-Meier")
        parts.append(f"observed to expected {_told(found['observed_to_expected'])}")
    else:
        parts.append(str(found["note"]))
    return f"At {count(round(days / 365.25), 'year')}: {'; '.join(parts)}."


def _told(interval: Mapping[str, Any]) -> str:
    if not is_known(interval["estimate"]):
        return f"not known ({interval['reason']})" if interval["reason"] else "not known"
    return f"{number(interval['estimate'])} ({span(interval['low'], interval['high'])})"
