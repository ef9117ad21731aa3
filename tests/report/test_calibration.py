"""The section on calibration: its figures, its table, and what it says where something is not known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medmtl.report.calibration import SCORE_COLUMNS, calibration_panel, decision_panel, score_rows
from medmtl.report.contents import read_contents


def _horizon(**more: Any) -> dict[str, Any]:
    known = {"estimate": 0.7, "low": 0.6, "high": 0.8, "n": 4}
    curve = {"ici": 0.0312, "e50": 0.02, "e90": 0.06, "predicted": [0.1, 0.5], "observed": [0.2, 0.4]}
    decision = {"thresholds": [0.1, 0.5], "model": [0.2, None], "treat_all": [0.15, -0.4]}
    return {
        "auc": known, "brier": {**known, "estimate": 0.1834}, "brier_null": 0.21, "ipa": known,
        "observed_to_expected": {**known, "estimate": 1.25}, "calibration": curve, "decision": decision,
    } | more  # fmt: skip


SCORES = {
    "uno_c": {"estimate": 0.66, "low": 0.55, "high": 0.77, "n": 4},
    "calibration_slope": {"estimate": None, "low": None, "high": None, "n": 4, "reason": "no event"},
    "integrated": {
        "brier": {"estimate": 0.19, "low": 0.1, "high": 0.3},
        "ipa": {"estimate": -0.2, "low": -0.5, "high": 0},
    },
    "horizons": {"365": _horizon(), "730": _horizon(), "1095": {"auc": {"estimate": None}, "reason": "not followed"}},
}


def _with(run: Path, survival: Any) -> Any:
    path = run / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"survival": survival}))
    return read_contents(run)


def test_the_curves_are_drawn_at_the_middle_horizon_with_their_distance(run: Path) -> None:
    contents = _with(run, {"models": {"fused": SCORES, "clinical": SCORES}})
    panel = calibration_panel(contents)
    assert panel.svg is not None
    assert "at 12 months. Mean distance from the diagonal: fused 0.031, clinical 0.031" in panel.words
    assert "Treat all" in str(decision_panel(contents).svg)


def test_the_table_has_a_row_per_horizon_and_names_the_model_once(run: Path) -> None:
    rows = score_rows(_with(run, {"models": {"fused": SCORES}}))
    assert [len(row) for row in rows] == [len(SCORE_COLUMNS)] * 3
    assert rows[0][:3] == ["Fused model", "0.66 (0.55 to 0.77)", "not known"]
    assert rows[0][7] == "0.183 (0.600 to 0.800)"
    assert rows[1][0] == ""
    assert rows[2][6:] == ["not known"] * 3


def test_what_is_not_drawn_says_why(run: Path) -> None:
    short = SCORES | {"horizons": {"365": _horizon(calibration={"reason": "a curve needs 10 events"})}}
    contents = _with(run, {"models": {"fused": short}})
    assert calibration_panel(contents).words == "Not drawn: a curve needs 10 events."
    assert decision_panel(contents).svg is not None


def test_a_run_evaluated_before_these_scores_has_an_empty_section(run: Path, change: Callable[..., None]) -> None:
    contents = read_contents(run)
    assert calibration_panel(contents).words == "Not drawn: no survival of the fused model was scored."
    assert score_rows(contents) == []
