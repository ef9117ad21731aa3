"""The restricted mean against R survival, lifelines and a curve drawn by hand."""

import numpy as np
import pytest
from lifelines.datasets import load_lung

from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.restricted_mean import common_tau, restricted_mean, restricted_mean_difference


def test_lung_has_the_mean_of_r_and_nearly_its_error():
    data = load_lung()
    found = restricted_mean(Outcomes(data["time"].to_numpy(float), data["status"].to_numpy(bool)), 365.0, 0.95)
    assert found.estimate == pytest.approx(263.221866482, abs=1e-8)
    assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(7.79885908631, rel=1e-3)


def test_the_area_and_its_error_are_those_drawn_by_hand():
    """S is 1 to day 2, 3/4 to day 4, 3/8 (a censoring at 3) to day 10: 2 + 1.5 + 2.25."""
    outcomes = Outcomes(np.array([2.0, 3.0, 4.0, 12.0]), np.array([True, False, True, False]))
    found = restricted_mean(outcomes, 10.0, 0.95)
    assert found.estimate == pytest.approx(5.75)
    variance = 3.75**2 / (4 * 3) + 2.25**2 * 1 / (2 * 1)
    assert found.high - found.estimate == pytest.approx(1.959963984540054 * np.sqrt(variance))


def test_low_risk_less_high_risk_is_positive_where_the_high_have_the_event_sooner(phantom):
    outcomes, risk, _ = phantom(200)
    high = risk > 0
    found = restricted_mean_difference(outcomes, high, common_tau(outcomes, high), 0.95)
    assert found.low > 0
    parts = [restricted_mean(outcomes.take(part), 500.0, 0.95).estimate for part in (~high, high)]
    assert restricted_mean_difference(outcomes, high, 500.0, 0.95).estimate == pytest.approx(parts[0] - parts[1])


def test_a_curve_that_ends_before_tau_is_told_and_one_that_reached_zero_is_not():
    censored = Outcomes(np.array([2.0, 5.0]), np.array([True, False]))
    assert "no case of a group is followed to day 9" in restricted_mean(censored, 9.0, 0.95).reason
    ended = Outcomes(np.array([2.0, 5.0]), np.array([True, True]))
    assert restricted_mean(ended, 9.0, 0.95).estimate == pytest.approx(3.5)


def test_a_group_without_a_case_is_told():
    outcomes = Outcomes(np.array([2.0, 5.0]), np.array([True, True]))
    none = np.zeros(2, dtype=bool)
    assert restricted_mean_difference(outcomes, none, 1.0, 0.95).reason == "a group has no case"
    assert common_tau(outcomes, none) == 0.0


def test_without_an_event_the_mean_is_tau():
    outcomes = Outcomes(np.full(3, 20.0), np.zeros(3, dtype=bool))
    assert restricted_mean(outcomes, 10.0, 0.95).estimate == 10.0
