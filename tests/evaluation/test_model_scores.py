"""All measures of one model together: what is known, what is not and why, as values that JSON can hold."""

import json

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.brier import brier_at
from medmtl.evaluation.model_scores import model_scores
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.predicted import Predicted, needed_times
from medmtl.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(horizons_days=(300.0, 900.0))


def _predicted(outcomes, risk, until=np.inf):
    times = needed_times(outcomes.time_days, SETTINGS.horizons_days)
    survival = np.exp(-times[None, :] / 900 * np.exp(risk)[:, None])
    return Predicted(risk, times, np.where(times <= until, survival, np.nan))


def test_a_cohort_has_every_measure_and_json_holds_them(phantom):
    outcomes, risk, _ = phantom(120)
    found = model_scores(outcomes, _predicted(outcomes, risk), SETTINGS)
    assert json.loads(json.dumps(found, allow_nan=False))["uno_c"]["low"] > 0.5
    here = found["horizons"]["300"]
    survival = np.exp(-300 / 900 * np.exp(risk))
    assert here["brier"]["estimate"] == brier_at(outcomes, survival, 300.0, 0.95).score.estimate
    assert here["ipa"]["estimate"] == pytest.approx(1 - here["brier"]["estimate"] / here["brier_null"])
    assert found["calibration_slope"]["low"] < 1 < found["calibration_slope"]["high"]
    assert here["observed_to_expected"]["low"] < 1 < here["observed_to_expected"]["high"]
    assert len(here["calibration"]["predicted"]) == 100
    assert here["decision"]["treat_all"][0] > 0
    assert found["integrated"]["ipa"]["estimate"] > 0
    assert found["d_calibration"]["p"] > 0.01


def test_beyond_the_follow_up_of_the_training_cases_only_ranks_are_scored(phantom):
    outcomes, risk, _ = phantom(120)
    found = model_scores(outcomes, _predicted(outcomes, risk, until=500.0), SETTINGS)
    assert found["horizons"]["900"]["reason"] == "a model's training cases are not followed that far"
    assert found["horizons"]["900"]["auc"]["estimate"] > 0.5
    assert found["integrated"]["to_days"] <= 500
    assert found["d_calibration"]["n"] < 120


@pytest.mark.parametrize("events", [0, 1])
def test_next_to_no_events_are_answered_with_reasons(phantom, events):
    outcomes, risk, _ = phantom(30)
    few = Outcomes(outcomes.time_days, np.argsort(np.argsort(outcomes.time_days)) < events)
    found = model_scores(few, _predicted(few, risk), SETTINGS)
    assert json.dumps(found, allow_nan=False)
    if not events:
        assert found["calibration_slope"]["reason"] == "no event"
        assert found["horizons"]["300"]["brier"]["reason"] == "no event by day 300"
        assert found["integrated"] == {"reason": "no event"}


def test_nobody_is_answered_too():
    nobody = Outcomes(np.zeros(0), np.zeros(0, dtype=bool))
    found = model_scores(nobody, _predicted(nobody, np.zeros(0)), SETTINGS)
    assert found["uno_c"]["estimate"] is None
    assert "reason" in found["d_calibration"]


def test_a_survival_of_another_shape_is_refused():
    with pytest.raises(MedmtlError, match=r"Survival must be known per case and time, \(2, 1\)"):
        Predicted(np.zeros(2), np.zeros(1), np.zeros((2, 3)))
