"""Kaplan-Meier, log-rank and follow-up against published values."""

import numpy as np
import pytest
from lifelines.datasets import load_lung

from medmtl.errors import MedmtlError
from medmtl.evaluation.survival_curves import kaplan_meier, log_rank, median_follow_up, numbers_at_risk

ALL_EVENTS = (np.array([10.0, 20.0, 30.0, 40.0]), np.ones(4, dtype=bool))


@pytest.fixture(scope="module")
def lung():
    data = load_lung()
    return data["time"].to_numpy(float), data["status"].to_numpy(bool), data["sex"].to_numpy()


def test_lung_has_the_curve_of_r_and_lifelines(lung):
    curve = kaplan_meier(*lung[:2])
    assert curve.median_days == 310.0
    assert curve.at(365) == pytest.approx(0.4092416244600636, abs=1e-9)
    assert curve.at(730) == pytest.approx(0.115693098344539, abs=1e-9)


def test_lung_has_the_log_log_band_of_lifelines(lung):
    curve = kaplan_meier(*lung[:2])
    position = np.searchsorted(curve.time_days, 365, side="right") - 1
    assert curve.low[position] == pytest.approx(0.3387142690883226, abs=1e-9)
    assert curve.high[position] == pytest.approx(0.4783807676469135, abs=1e-9)


def test_lung_has_the_log_rank_of_r_and_lifelines(lung):
    test = log_rank(*lung)
    assert test.chi_squared == pytest.approx(10.326741954885636, abs=1e-9)
    assert test.p == pytest.approx(0.0013111645203554, abs=1e-12)


def test_a_curve_worked_by_hand_steps_down_at_each_event():
    curve = kaplan_meier(np.array([10.0, 20.0, 30.0, 40.0]), np.array([True, False, True, False]))
    assert [curve.at(day) for day in (0, 9.9, 10, 29, 30, 99)] == pytest.approx([1, 1, 0.75, 0.75, 0.375, 0.375])
    assert curve.median_days == 30.0


def test_a_curve_without_events_stays_at_one_with_its_band():
    curve = kaplan_meier(np.array([10.0, 20.0]), np.zeros(2, dtype=bool))
    assert set(curve.survival) | set(curve.low) | set(curve.high) == {1.0}
    assert curve.median_days is None


def test_a_curve_needs_a_case():
    with pytest.raises(MedmtlError, match="at least one case"):
        kaplan_meier(np.zeros(0), np.zeros(0, dtype=bool))


def test_a_case_is_at_risk_up_to_its_own_time():
    assert numbers_at_risk(np.array([10.0, 20.0, 20.0]), (0, 10, 10.5, 20, 21)) == (3, 3, 2, 2, 0)


def test_one_group_or_no_event_has_no_log_rank():
    time_days, event = ALL_EVENTS
    assert log_rank(time_days, event, np.zeros(4)) is None
    assert log_rank(time_days, ~event, np.array([0, 0, 1, 1])) is None


def test_follow_up_takes_events_as_censored():
    event = np.array([True, True, False, False])
    assert median_follow_up(np.array([1.0, 2.0, 100.0, 300.0]), event) == 100.0
    assert median_follow_up(*ALL_EVENTS) is None
