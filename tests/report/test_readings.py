"""The sentences claim what the intervals allow, and no more."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from medmtl.report.contents import read_contents
from medmtl.report.readings import readings

Said = Callable[..., str]


@pytest.fixture
def said(run: Path, change: Callable[..., None]) -> Said:
    """The sentences of the run after its results are rewritten with other values."""

    def read(**values: object) -> str:
        change(**values)
        return " ".join(readings(read_contents(run)))

    return read


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.02, 0.14, "Its interval contains 0: fused is not shown to be better than clinical alone."),
        (0.0, 0.14, "Its interval contains 0: fused is not shown to be better than clinical alone."),
        (0.004, 0.14, "Its interval lies above 0: fused is better than clinical on these cases."),
        (-0.2, -0.01, "Its interval lies below 0: fused is worse than clinical on these cases."),
    ],
)
def test_a_difference_is_claimed_only_where_its_interval_excludes_zero(
    said: Said, low: float, high: float, verdict: str
) -> None:
    differences = {"fused - clinical": {"estimate": 0.06, "low": low, "high": high, "n": 4}}

    assert verdict in said(differences=differences)


def test_an_interval_that_contains_a_half_is_not_better_than_chance(said: Said) -> None:
    assert "not shown to be better than chance" in said(harrell_c_interval=[0.49, 0.73])
    assert "not shown to be better than chance" not in said(harrell_c_interval=[0.51, 0.73])


def test_the_ceiling_is_set_beside_the_fused_model(said: Said) -> None:
    assert "That is 0.10 below the ceiling of 0.74" in said(harrell_c=0.64, ceiling=0.74)
    assert "That is 0.02 above the ceiling of 0.62" in said(harrell_c=0.64, ceiling=0.62)
    assert "ceiling" not in said(ceiling=None)


@pytest.mark.parametrize(
    ("n_events", "verdict"),
    [
        (19, "2 columns on 19 events: fewer than the usual 10 for each, so read its hazard ratios as hints."),
        (20, "2 columns on 20 events, at least the usual 10 for each."),
    ],
)
def test_few_events_per_column_are_a_warning(run: Path, said: Said, n_events: int, verdict: str) -> None:
    fused = {"n_events": n_events, "hazard": {"names": ["age", "log_volume_ml"]}}
    (run / "risk" / "model.json").write_text(json.dumps({"models": {"fused": fused}}), "utf-8")

    assert verdict in said()


def test_what_the_rules_left_out_of_the_fused_model_is_said(run: Path, said: Said) -> None:
    assert "The rules for few events" not in said()

    fused = {"dropped": {"deep": "no evidence", "radiomics": "few events", "age": "constant"}}
    (run / "risk" / "model.json").write_text(json.dumps({"models": {"fused": fused}}), "utf-8")

    assert "left the deep risk and the radiomics score out of the stored fused model" in said()


def test_models_are_named_in_words(said: Said) -> None:
    differences = {"fused - image": {"estimate": 0.06, "low": -0.1, "high": 0.2, "n": 4}}

    assert "fused is not shown to be better than volume and SUVmax alone." in said(differences=differences)


def test_missed_tumours_are_counted(said: Said) -> None:
    assert "1 tumour is missed" in said()
    assert "no tumour is missed" in said(dice_cases={"A-1": 0.9})
