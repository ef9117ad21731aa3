"""Measures that weigh by the probability of censoring: Uno's C, AUC and Brier, against R and cases worked by hand."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.auc import auc_at, auc_influence
from medmtl.evaluation.brier import brier_at, brier_influence, integrated_brier
from medmtl.evaluation.horizon import at_horizon
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.product_limit import censoring_curve, event_curve
from medmtl.evaluation.uno import default_tau, uno_c, uno_influence

DAYS = (365, 730, 1095, 1460, 1825)
AUC = (0.759935056294, 0.735008315877, 0.738336756212, 0.736507873382, 0.744048153273)
AUC_ERROR = (0.0300526793227, 0.0217534708319, 0.0214828373666, 0.0225824949133, 0.0260478151468)
BRIER = (0.0743759272484, 0.167974769127, 0.195370802196, 0.207230001958, 0.208743881371)
BRIER_ERROR = (0.00840984510485, 0.0081450046146, 0.00688572746869, 0.00649301515191, 0.00729460044356)
BRIER_NULL = (0.0773114619624, 0.189370478687, 0.22965942653, 0.246536881895, 0.249930191808)
ONE_OVER = np.sqrt(686 / 685)  # riskRegression divides a variance by n - 1


@pytest.mark.parametrize(
    ("tau", "estimate", "error"),
    [
        (1000.0, 0.692494001691, 0.0169198936772),
        (1825.0, 0.676597364572, 0.0152088228005),
        (None, 0.671788446238, 0.0177322433718),
    ],
)
def test_gbsg2_has_unos_c_and_its_error_of_r(gbsg2, tau, estimate, error):
    outcomes, _, log_hazard, _ = gbsg2
    found = uno_influence(outcomes, log_hazard, tau)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)
    assert found.error == pytest.approx(error, abs=1e-8)


@pytest.mark.parametrize(("days", "estimate", "error"), [*zip(DAYS, AUC, AUC_ERROR, strict=True)])
def test_gbsg2_has_the_auc_and_its_error_of_risk_regression(gbsg2, days, estimate, error):
    outcomes, _, log_hazard, _ = gbsg2
    found = auc_influence(at_horizon(outcomes, days), log_hazard)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)
    assert found.error * ONE_OVER == pytest.approx(error, abs=1e-6)


@pytest.mark.parametrize(("days", "score", "error", "null"), [*zip(DAYS, BRIER, BRIER_ERROR, BRIER_NULL, strict=True)])
def test_gbsg2_has_the_brier_score_of_risk_regression(gbsg2, days, score, error, null):
    outcomes, _, _, survival = gbsg2
    predicted = survival([days])[:, 0]
    found = brier_at(outcomes, predicted, days, 0.95)
    assert found.score.estimate == pytest.approx(score, abs=5e-6)  # the baselines handle tied events differently
    assert found.null == pytest.approx(null, abs=1e-9)
    assert found.accuracy.estimate == pytest.approx(1 - score / null, abs=2e-5)
    assert brier_influence(outcomes, predicted, days).error * ONE_OVER == pytest.approx(error, abs=5e-6)


def test_gbsg2_has_the_integrated_brier_score_of_pec(gbsg2):
    outcomes, _, _, survival = gbsg2
    days = np.arange(365.0, 1826.0)
    found = integrated_brier(outcomes, survival(days), days.tolist(), 0.95)
    assert found.score.estimate == pytest.approx(0.181505750614, abs=1e-4)  # pec sums steps, this is by trapezia
    assert found.null == pytest.approx(0.211388386084, abs=1e-4)


def test_a_censoring_at_the_time_of_an_event_does_not_weigh_that_event():
    """The trap of G(t-): with G(t) the event at day 4 would weigh 3/2, its time's censoring included."""
    outcomes = Outcomes(np.array([2.0, 4.0, 4.0, 6.0, 8.0]), np.array([True, True, False, True, False]))
    weight = at_horizon(outcomes, 7.0).weight
    np.testing.assert_allclose(weight, [1.0, 1.0, 0.0, 1.5, 1.5])
    assert weight.sum() == pytest.approx(5.0)


def test_an_event_leaves_before_a_censoring_of_the_same_time():
    outcomes = Outcomes(np.array([3.0, 3.0, 5.0]), np.array([True, False, True]))
    assert float(censoring_curve(outcomes).at(3.0)) == pytest.approx(1 / 2)
    assert float(event_curve(outcomes).at(3.0)) == pytest.approx(2 / 3)
    assert float(event_curve(outcomes).before(3.0)) == 1.0


def test_without_censoring_every_measure_is_the_plain_one(phantom):
    outcomes, risk, survival = phantom(whole_days=True)
    seen = Outcomes(outcomes.time_days, np.ones(80, dtype=bool))
    had = seen.time_days <= 10
    pairs = (risk[had][:, None] > risk[~had][None, :]).mean()
    assert auc_at(seen, risk, 10.0, 0.95).estimate == pytest.approx(pairs)
    predicted = survival(600.0)
    assert brier_at(seen, predicted, 10.0, 0.95).score.estimate == pytest.approx(np.mean((~had - predicted) ** 2))


@pytest.mark.parametrize("measure", ["auc", "brier"])
@pytest.mark.parametrize("whole_days", [False, True])
def test_an_influence_is_the_derivative_by_the_weight_with_censoring_estimated_anew(phantom, measure, whole_days):
    outcomes, risk, survival = phantom(40, 3, whole_days)
    days, predicted = float(np.quantile(outcomes.time_days, 0.6)), survival(500.0)
    weight = np.random.default_rng(1).random(40) + 0.5

    def of(weights):
        weighted = Outcomes(outcomes.time_days, outcomes.event, None, weights)
        if measure == "auc":
            return auc_influence(at_horizon(weighted, days), risk)
        return brier_influence(weighted, predicted, days)

    for case in range(0, 40, 3):
        step = np.where(np.arange(40) == case, 1e-6, 0.0)
        slope = (of(weight + step).estimate - of(weight - step).estimate) / 2e-6
        assert of(weight).values[case] == pytest.approx(weight[case] * slope, abs=1e-8)


def test_the_auc_compares_within_folds_only(phantom):
    outcomes, risk, _ = phantom()
    fold = np.arange(80) % 2
    folded = Outcomes(outcomes.time_days, outcomes.event, fold)
    days = 700.0
    assert auc_at(folded, risk, days, 0.95) == auc_at(folded, risk + 9.0 * fold, days, 0.95)
    assert auc_at(outcomes, risk, days, 0.95) != auc_at(outcomes, risk + 9.0 * fold, days, 0.95)


def test_a_larger_risk_is_worse_and_constant_risks_are_one_half(phantom):
    outcomes, risk, _ = phantom(effect=2.0)
    assert auc_at(outcomes, risk, 600.0, 0.95).low > 0.7
    assert auc_at(outcomes, -risk, 600.0, 0.95).high < 0.3
    constant = auc_at(outcomes, np.zeros(80), 600.0, 0.95)
    assert (constant.estimate, constant.low) == (pytest.approx(0.5), None)
    assert "standard error is 0" in constant.reason
    assert uno_c(outcomes, risk, 0.95).low > 0.7
    assert uno_c(outcomes, np.zeros(80), 0.95).estimate == pytest.approx(0.5)


def test_predicting_the_kaplan_meier_curve_gains_nothing(phantom):
    outcomes, _, _ = phantom()
    found = brier_at(outcomes, np.full(80, float(event_curve(outcomes).at(600.0))), 600.0, 0.95)
    assert found.accuracy.estimate == pytest.approx(0.0, abs=1e-12)


def test_the_truth_beats_the_kaplan_meier_curve_and_its_opposite_loses_to_it(phantom):
    outcomes, _, survival = phantom(300, effect=2.0)
    assert brier_at(outcomes, survival(600.0), 600.0, 0.95).accuracy.low > 0.1
    assert brier_at(outcomes, 1 - survival(600.0), 600.0, 0.95).accuracy.high < 0


@pytest.mark.parametrize(
    ("event", "days", "told"),
    [
        (np.zeros(4, bool), 5.0, "no event by day 5"),
        (np.arange(4) == 3, 2.0, "no event by day 2"),
        (np.ones(4, bool), 9.0, "no case is followed beyond day 9"),
    ],
)
def test_a_horizon_about_which_nothing_is_known_is_told(event, days, told):
    outcomes = Outcomes(np.arange(1.0, 5.0), event)
    assert auc_at(outcomes, np.arange(4.0), days, 0.95).reason == told
    found = brier_at(outcomes, np.full(4, 0.5), days, 0.95)
    assert (found.score.estimate, found.null, found.accuracy.estimate, found.score.reason) == (None, None, None, told)


def test_no_case_and_no_event_have_no_uno_c_and_no_tau():
    nobody = Outcomes(np.zeros(0), np.zeros(0, dtype=bool))
    assert uno_c(nobody, np.zeros(0), 0.95).estimate is None
    assert default_tau(nobody) is None
    assert "no two cases" in uno_c(Outcomes(np.arange(3.0), np.zeros(3, dtype=bool)), np.arange(3.0), 0.95).reason


def test_tau_is_the_time_of_four_fifths_of_the_events():
    outcomes = Outcomes(np.arange(1.0, 12.0), np.ones(11, dtype=bool))
    assert default_tau(outcomes) == pytest.approx(9.0)


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1])
def test_what_is_no_probability_is_refused_by_name(wrong):
    outcomes = Outcomes(np.arange(1.0, 4.0), np.ones(3, dtype=bool))
    with pytest.raises(MedmtlError, match="Every survival probability must"):
        brier_at(outcomes, np.array([0.5, wrong, 0.5]), 2.0, 0.95)
