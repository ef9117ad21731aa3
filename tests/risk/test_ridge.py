"""Partial likelihood, ridge fit and penalty against lifelines, R and sense."""

import numpy as np
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi

from medmtl.risk.hazard import Hazard, build_hazard
from medmtl.risk.partial_likelihood import risk_sets
from medmtl.risk.ridge import choose_penalizer, fit_ridge, inner_folds


def _hazard(x, names, time_days, event, penalizer):
    coefficients = fit_ridge(x, time_days, event, penalizer)
    return build_hazard(x, names, coefficients, (time_days, event), penalizer)


@pytest.fixture(scope="module")
def rossi():
    data = load_rossi()
    names = [name for name in data if name not in ("week", "arrest")]
    raw = data[names].to_numpy(float)
    sd = raw.std(axis=0, ddof=1)
    x = (raw - raw.mean(axis=0)) / sd
    return data, names, x, sd, data["week"].to_numpy(float), data["arrest"].to_numpy(bool)


def test_rossi_has_the_partial_likelihood_of_r(rossi):
    _, _, x, _, time_days, event = rossi
    sets = risk_sets(time_days, event)
    assert sets.log_likelihood(np.zeros(432)) == pytest.approx(-675.380628, abs=1e-5)
    fitted = fit_ridge(x, time_days, event, 0.0)
    assert sets.log_likelihood(x @ fitted) == pytest.approx(-658.7476594460858, abs=1e-7)


def test_rossi_has_the_coefficients_of_r(rossi):
    _, names, x, sd, time_days, event = rossi
    raw = dict(zip(names, fit_ridge(x, time_days, event, 0.0) / sd, strict=True))
    assert raw["fin"] == pytest.approx(-0.3794221657180835, abs=1e-6)
    assert raw["age"] == pytest.approx(-0.0574377400292077, abs=1e-6)
    assert raw["prio"] == pytest.approx(0.0914970817353361, abs=1e-6)


@pytest.mark.parametrize("penalizer", [0.01, 0.1])
def test_the_penalty_is_that_of_lifelines(rossi, penalizer):
    data, _, x, sd, time_days, event = rossi
    theirs = CoxPHFitter(penalizer=penalizer).fit(data, "week", "arrest")
    assert fit_ridge(x, time_days, event, penalizer) / sd == pytest.approx(theirs.params_.to_numpy(), abs=2e-5)


def test_a_fitted_hazard_has_the_errors_and_survival_of_lifelines(rossi):
    data, names, x, sd, time_days, event = rossi
    hazard = _hazard(x, names, time_days, event, 0.0)
    theirs = CoxPHFitter().fit(data, "week", "arrest")
    assert np.array(hazard.errors) / sd == pytest.approx(theirs.standard_errors_.to_numpy(), abs=1e-6)
    expected = theirs.predict_survival_function(data.iloc[:5], times=[10, 52]).to_numpy().T
    assert hazard.survival(hazard.log_risk(x[:5]), (10, 52)) == pytest.approx(expected, abs=1e-6)


def test_the_derivatives_are_those_of_the_likelihood():
    rng = np.random.default_rng(0)
    x, time_days, event = rng.normal(size=(20, 2)), rng.integers(1, 6, 20).astype(float), rng.random(20) < 0.6
    sets, at, tiny = risk_sets(time_days, event), np.array([0.3, -0.2]), 1e-6
    gradient, curvature = sets.derivatives(x @ at, x)
    for axis in np.eye(2):
        ahead, behind = (sets.derivatives(x @ (at + sign * tiny * axis), x)[0] for sign in (1, -1))
        rise = [sets.log_likelihood(x @ (at + sign * tiny * axis)) for sign in (1, -1)]
        assert gradient @ axis == pytest.approx((rise[0] - rise[1]) / (2 * tiny), abs=1e-6)
        assert curvature @ axis == pytest.approx((behind - ahead) / (2 * tiny), abs=1e-5)


def test_adding_a_constant_to_every_risk_changes_nothing():
    rng = np.random.default_rng(0)
    sets = risk_sets(rng.exponential(size=30), rng.random(30) < 0.5)
    risk = rng.normal(size=30)
    assert sets.log_likelihood(risk + 500) == pytest.approx(sets.log_likelihood(risk), abs=1e-9)


def test_log_risks_far_apart_do_not_underflow():
    sets = risk_sets(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool))
    assert sets.log_likelihood(np.array([5000.0, 1000.0, 0.0])) == pytest.approx(0.0, abs=1e-12)
    assert sets.log_likelihood(np.array([0.0, 0.0, 3000.0])) == pytest.approx(-6000.0)


def test_many_columns_and_a_small_penalty_are_fitted():
    rng = np.random.default_rng(0)
    x, time_days, event = rng.normal(size=(90, 200)), rng.exponential(size=90), rng.random(90) < 0.6
    x[:, 0] = rng.standard_cauchy(90)
    fitted = fit_ridge(x, time_days, event, 1e-4)
    gradient, _ = risk_sets(time_days, event).derivatives(x @ fitted, x)
    assert gradient == pytest.approx(90 * 1e-4 * fitted, abs=1e-5)


def test_no_event_has_no_likelihood_and_no_coefficient():
    x, time_days, event = np.ones((4, 1)), np.arange(4.0), np.zeros(4, dtype=bool)
    assert risk_sets(time_days, event).log_likelihood(np.arange(4.0)) == 0.0
    assert fit_ridge(x, time_days, event, 0.1) == pytest.approx([0.0])


def test_more_columns_than_cases_are_fitted_as_without_the_turn():
    rng = np.random.default_rng(2)
    x, time_days, event = rng.normal(size=(12, 30)), rng.exponential(size=12), rng.random(12) < 0.7
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    wide = fit_ridge(x, time_days, event, 0.1)
    gradient, _ = risk_sets(time_days, event).derivatives(x @ wide, x)
    assert gradient == pytest.approx(12 * 0.1 * wide, abs=1e-6)
    hazard = _hazard(x, [f"x{i}" for i in range(30)], time_days, event, 0.1)
    assert hazard.coefficients == pytest.approx(wide, abs=1e-5)


def test_a_column_that_separates_the_cases_keeps_a_finite_coefficient():
    time_days = np.array([1.0, 2.0, 3.0, 10.0, 11.0, 12.0])
    event = np.array([True, True, True, False, False, False])
    x = np.where(event, 1.0, -1.0)[:, None] / np.sqrt(1.2)
    coefficient = fit_ridge(x, time_days, event, 0.01).item()
    hazard = _hazard(x, ["x"], time_days, event, 0.01)
    assert 1.0 < coefficient < 10.0
    assert hazard.coefficients == pytest.approx((coefficient,), abs=1e-4)


def test_equal_columns_share_their_weight():
    rng = np.random.default_rng(3)
    x, time_days, event = rng.normal(size=(30, 1)), rng.exponential(size=30), rng.random(30) < 0.7
    twice = fit_ridge(np.hstack([x, x]), time_days, event, 0.1)
    assert twice[0] == pytest.approx(twice[1])


def test_noise_asks_for_the_largest_penalty_and_a_signal_for_a_small_one():
    rng = np.random.default_rng(4)
    x, event, penalizers = rng.normal(size=(100, 3)), rng.random(100) < 0.7, (0.01, 0.1, 1.0, 10.0)
    inner = inner_folds(event, 5, 0)
    noise = choose_penalizer(x, rng.exponential(size=100), event, penalizers, inner)
    signal = choose_penalizer(x, rng.exponential(np.exp(-2 * x[:, 0])), event, penalizers, inner)
    assert noise == 10.0
    assert signal <= 0.1


def test_inner_folds_share_events_and_cases_alike():
    event = np.arange(53) % 3 == 0
    fold = inner_folds(event, 5, 7)
    assert np.ptp(np.bincount(fold)) <= 1
    assert np.ptp(np.bincount(fold[event])) <= 1
    assert (fold == inner_folds(event, 5, 7)).all()


def test_survival_is_one_before_the_first_event_and_unknown_beyond_the_follow_up():
    hazard = Hazard((), (), (), 0.1, (10.0, 20.0), (0.5, 0.5))
    survival = hazard.survival(np.zeros(1), (0.0, 9.9, 10.0, 20.0, 20.1))[0]
    assert survival[:4] == pytest.approx([1, 1, np.exp(-0.5), np.exp(-0.5)])
    assert np.isnan(survival[4])


def test_no_column_leaves_the_baseline_alone():
    hazard = _hazard(np.zeros((3, 0)), [], np.array([1.0, 2.0, 3.0]), np.array([True, True, False]), 0.1)
    assert hazard.log_risk(np.zeros((2, 0))).tolist() == [0.0, 0.0]
    assert hazard.cumulative == pytest.approx((1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2))
