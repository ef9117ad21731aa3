"""Calibration: slope, observed over expected, the smooth curve, and the test of the whole distribution."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.calibration import calibration_slope, observed_to_expected
from medmtl.evaluation.calibration_curve import CalibrationCurve, calibration_curve
from medmtl.evaluation.d_calibration import d_calibration
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import event_curve


def test_the_slope_of_a_fit_on_its_own_cases_is_one(rossi):
    outcomes, x, fitted = rossi
    found = calibration_slope(outcomes, x @ fitted.coefficients, 0.95)
    assert found.estimate == pytest.approx(1.0, abs=1e-8)
    assert found.low < 1 < found.high


def test_risks_twice_too_far_apart_have_half_the_slope(phantom):
    outcomes, log_hazard, _ = phantom(200)
    plain = calibration_slope(outcomes, log_hazard, 0.95)
    assert calibration_slope(outcomes, 2 * log_hazard + 5, 0.95).estimate == pytest.approx(plain.estimate / 2)
    assert calibration_slope(outcomes, -log_hazard, 0.95).estimate == pytest.approx(-plain.estimate)


def test_a_constant_per_fold_does_not_move_the_slope(phantom):
    outcomes, log_hazard, _ = phantom(120)
    folded = Outcomes(outcomes.time_days, outcomes.event, np.arange(120) % 4)
    moved = calibration_slope(folded, log_hazard + 3.0 * folded.fold, 0.95)
    assert moved.estimate == pytest.approx(calibration_slope(folded, log_hazard, 0.95).estimate)


@pytest.mark.parametrize(
    ("log_hazard", "event", "told"),
    [
        (np.zeros(6), np.ones(6, bool), "all risks are constant"),
        (1e-17 * np.arange(6.0), np.ones(6, bool), "all risks are constant"),
        (np.arange(6.0), np.zeros(6, bool), "no event"),
        (-np.arange(6.0), np.ones(6, bool), "separate the events"),
        (np.arange(6.0) * 1e300, np.zeros(6, bool), "no event"),
    ],
)
def test_a_slope_that_is_not_defined_says_why(log_hazard, event, told):
    found = calibration_slope(Outcomes(np.arange(1.0, 7.0), event), log_hazard, 0.95)
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert told in found.reason


def test_the_kaplan_meier_risk_itself_is_calibrated_in_the_large(phantom):
    outcomes, _, _ = phantom()
    risk = np.full(80, 1 - float(event_curve(outcomes).at(600.0)))
    found = observed_to_expected(outcomes, risk, 600.0, 0.95)
    assert found.estimate == pytest.approx(1.0)
    assert observed_to_expected(outcomes, risk / 2, 600.0, 0.95).estimate == pytest.approx(2.0)


def test_the_error_of_observed_over_expected_is_greenwoods_for_equal_predictions(phantom):
    outcomes, _, _ = phantom(60)
    remains, seen = 1.0, 0.0
    for day in np.unique(outcomes.time_days[outcomes.event & (outcomes.time_days <= 600)]):
        at_risk, left = (outcomes.time_days >= day).sum(), (outcomes.event & (outcomes.time_days == day)).sum()
        remains *= 1 - left / at_risk
        seen += left / (at_risk * (at_risk - left))
    found = observed_to_expected(outcomes, np.full(60, 0.4), 600.0, 0.95)
    error = remains * np.sqrt(seen) / (1 - remains)
    assert np.log(found.high / found.estimate) == pytest.approx(1.959963984540054 * error)


def test_a_predicted_risk_of_0_for_all_has_no_quotient(phantom):
    found = observed_to_expected(phantom()[0], np.zeros(80), 600.0, 0.95)
    assert (found.estimate, found.reason) == (None, "the predicted risk is 0 for every case")


def test_the_true_risk_lies_near_the_curve_and_a_doubled_one_does_not(phantom):
    outcomes, _, survival = phantom(1500)
    risk = 1 - survival(600.0)
    right, wrong = (calibration_curve(outcomes, each, 600.0) for each in (risk, risk**2))
    assert right.ici < 0.03
    assert wrong.ici > 0.08
    assert right.e50 <= right.e90
    assert (np.diff(right.predicted) >= 0).all()


def test_on_the_log_log_scale_a_cox_model_of_its_own_cases_is_a_line_without_distance(gbsg2, monkeypatch):
    outcomes, _, _, survival = gbsg2
    risk = 1 - survival([1095])[:, 0]
    bent = calibration_curve(outcomes, risk, 1095.0)
    monkeypatch.setattr("medmtl.evaluation.calibration_curve.SPLINE_EVENTS", 10_000)
    straight = calibration_curve(outcomes, risk, 1095.0)
    assert straight.ici < 1e-3  # the two baselines handle tied events differently
    assert straight.ici < bent.ici < 0.03


@pytest.mark.parametrize(
    ("risk", "events", "told"),
    [(np.full(30, 0.3), 15, "all predicted risks are constant"), (np.linspace(0.1, 0.9, 30), 9, "needs 10 events")],
)
def test_a_curve_that_cannot_be_drawn_says_why(risk, events, told):
    found = calibration_curve(Outcomes(np.arange(1.0, 31.0), np.arange(30) < events), risk, 8.0)
    assert isinstance(found, str)
    assert told in found


@pytest.mark.parametrize("tied", [0.0, 1.0, 0.4])
def test_risks_of_0_and_1_and_many_ties_are_drawn(phantom, tied):
    outcomes, _, survival = phantom(100)
    risk = np.where(np.arange(100) < 60, tied, 1 - survival(600.0))
    found = calibration_curve(outcomes, risk, 600.0)
    assert isinstance(found, CalibrationCurve)
    assert np.isfinite(found.observed).all()


def test_uncensored_cases_count_in_the_tenth_of_their_survival():
    outcomes = Outcomes(np.arange(1.0, 21.0), np.ones(20, dtype=bool))
    found = d_calibration(outcomes, np.linspace(0.025, 0.975, 20))
    assert found.cases == (2.0,) * 10
    assert (found.chi_squared, found.p) == (0.0, 1.0)
    crowded = d_calibration(outcomes, np.full(20, 0.95))
    assert crowded.cases[-1] == 20
    assert crowded.p < 1e-6


def test_a_censored_case_is_spread_over_what_it_may_still_reach():
    """At a survival of 0.25 it may still reach 0.1 of each of two whole tenths and 0.05 of the third."""
    found = d_calibration(Outcomes(np.array([1.0]), np.array([False])), np.array([0.25]))
    np.testing.assert_allclose(found.cases[:4], [0.4, 0.4, 0.2, 0.0])
    edge = d_calibration(Outcomes(np.array([1.0, 1.0]), np.array([False, False])), np.array([0.0, 1.0]))
    np.testing.assert_allclose(edge.cases, [1.1, *[0.1] * 9])


def test_the_truth_is_calibrated_over_the_whole_distribution(phantom):
    outcomes, log_hazard, _ = phantom(1000)
    own = np.exp(-outcomes.time_days / 900 * np.exp(log_hazard))
    assert d_calibration(outcomes, own).p > 0.05
    assert d_calibration(outcomes, own**2).p < 1e-6


def test_no_case_has_no_distribution():
    assert d_calibration(Outcomes(np.zeros(0), np.zeros(0, dtype=bool)), np.zeros(0)) is None


def test_what_is_no_probability_is_refused(phantom):
    outcomes, log_hazard, _ = phantom()
    for measure in (observed_to_expected, lambda *given: calibration_curve(*given[:3])):
        with pytest.raises(MedmtlError, match="Every predicted risk must lie within 0 and 1"):
            measure(outcomes, log_hazard, 600.0, 0.95)
