"""Net benefit against cases worked by hand."""

import numpy as np
import pytest

from medmtl.evaluation.decision_curve import decision_curve
from medmtl.evaluation.outcomes import Outcomes

SEEN = Outcomes(np.array([1.0, 2.0, 3.0, 9.0, 9.0, 9.0, 9.0, 9.0]), np.arange(8) < 3)
RISK = np.array([0.9, 0.6, 0.1, 0.7, 0.2, 0.2, 0.1, 0.05])


def test_without_censoring_it_is_the_counts_of_right_and_needless_treatments():
    found = decision_curve(SEEN, RISK, 5.0, (0.5, 0.15))
    assert found.model == (pytest.approx(2 / 8 - 1 / 8), pytest.approx(2 / 8 - 3 / 8 * 0.15 / 0.85))
    assert found.treat_all == (pytest.approx(3 / 8 - 5 / 8), pytest.approx(3 / 8 - 5 / 8 * 0.15 / 0.85))


def test_a_risk_at_the_threshold_is_treated_and_none_treated_gains_nothing():
    found = decision_curve(SEEN, RISK, 5.0, (0.9, 0.95))
    assert found.model == (pytest.approx(1 / 8), 0.0)


def test_censored_cases_count_by_kaplan_meier_within_the_treated():
    outcomes = Outcomes(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, False, True, False]))
    found = decision_curve(outcomes, np.full(4, 0.8), 5.0, (0.5,))
    remains = 3 / 4 * 1 / 2
    assert found.model[0] == pytest.approx((1 - remains) - remains)


def test_a_threshold_whose_treated_are_not_followed_that_far_is_not_known():
    outcomes = Outcomes(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, True, False, False]))
    found = decision_curve(outcomes, np.array([0.9, 0.1, 0.9, 0.1]), 5.0, (0.5, 0.05))
    assert found.model[0] is None
    assert found.model[1] == found.treat_all[1]


def test_a_horizon_without_an_event_is_told():
    assert decision_curve(Outcomes(np.ones(3), np.zeros(3, dtype=bool)), np.full(3, 0.2), 5.0, (0.1,)) == (
        "no event by day 5"
    )
