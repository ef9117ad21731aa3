"""Permutation, optimism, subgroups and sample size: measures of a whole procedure or of a cohort."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.optimism import optimism
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.permutation import permutation_test
from medmtl.evaluation.sample_size import Observed, riley_sample_size
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.evaluation.subgroups import subgroup_concordance


def _c(outcomes, risk, chosen):
    return harrell_c(outcomes.time_days[chosen], outcomes.event[chosen], risk[chosen]).estimate


def test_the_optimism_of_gbsg2_is_that_of_rms(gbsg2):
    """Of R rms::validate with 200 resamples: Dxy corrected 0.3549, so C 0.6775; apparent 0.6879."""
    outcomes, x, _, _ = gbsg2

    def fit(drawn):
        beta = fit_cox(x[drawn], outcomes.take(drawn)).coefficients
        return lambda scored: _c(outcomes, x @ beta, scored)

    found = optimism(fit, 686, 60, np.random.default_rng(1))
    assert found.apparent == pytest.approx(0.687928339546, abs=1e-8)
    assert found.harrell == pytest.approx(0.6775, abs=0.004)
    assert found.left_out < found.share_632 < found.apparent


def test_choosing_among_noise_is_corrected_to_nearly_one_half():
    rng = np.random.default_rng(0)
    noise, outcomes = rng.normal(size=(80, 60)), Outcomes(rng.exponential(size=80), rng.random(80) < 0.6)

    def fit(drawn):
        scores = [_c(outcomes, column, drawn) for column in noise.T]
        best = int(np.argmax(scores))
        return lambda scored: _c(outcomes, noise[:, best], scored)

    found = optimism(fit, 80, 40, rng)
    assert found.apparent > 0.58
    assert abs(found.share_632_plus - 0.5) < 0.06


def test_a_fit_that_scores_nothing_has_no_correction():
    found = optimism(lambda _: lambda _: None, 10, 3, np.random.default_rng(0))
    assert (found.apparent, found.harrell, found.resamples) == (None, None, 0)


def test_a_signal_stands_out_of_its_shuffles_and_noise_does_not(phantom):
    outcomes, risk, _ = phantom()
    noise = np.random.default_rng(12).normal(size=80)
    for values, low, high in ((risk, 0.0, 0.02), (noise, 0.1, 1.0)):
        found = permutation_test(
            lambda order, v=values: _c(outcomes.take(order), v, np.arange(80)), 80, 99, np.random.default_rng(0)
        )
        assert low < found.p <= high
        assert found.draws.mean() == pytest.approx(0.5, abs=0.03)


def test_the_smallest_p_is_that_of_the_true_order_alone():
    found = permutation_test(lambda order: float((order == np.arange(30)).all()), 30, 9, np.random.default_rng(0))
    assert found.p == pytest.approx(0.1)


def test_an_undefined_score_has_no_p():
    assert permutation_test(lambda _: None, 5, 3, np.random.default_rng(0)).p is None


def test_each_group_is_ranked_among_its_own(phantom):
    outcomes, risk, _ = phantom(90)
    centre = np.array(["a", "b", "c"])[np.minimum(np.arange(90) // 42, 2)]
    found = subgroup_concordance(outcomes, risk, centre, EvaluationSettings())
    here = centre == "a"
    assert found["a"].estimate == pytest.approx(_c(outcomes, risk, np.flatnonzero(here)))
    assert found["a"].low < found["a"].estimate < found["a"].high
    assert found["c"].estimate is None
    assert "a group needs 10 cases and 5 events. Found 6" in found["c"].reason


@pytest.mark.parametrize(("parameters", "r2", "cases"), [(2, 0.15, 123), (2, 0.30, 56), (5, 0.15, 308), (5, 0.30, 140)])
def test_the_sarcoma_cohort_needs_as_many_cases_as_published_formulas_say(parameters, r2, cases):
    found = riley_sample_size(Observed(51, 27, 86.0), parameters, r2, 2.0)
    assert found.shrinkage == pytest.approx(cases, abs=1)
    assert found.events_per_parameter == 27 / parameters
    assert found.needed >= found.shrinkage


def test_the_published_example_of_recurrent_thrombosis_needs_5143_cases():
    """Riley 2019: 30 parameters, R2 of Cox and Snell 0.051, rate 0.065 a year, mean follow-up 2.07 years."""
    observed = Observed(10_000, round(10_000 * 2.07 * 0.065), 20_700.0)
    found = riley_sample_size(observed, 30, 0.051 / observed.max_r2, 2.0)
    assert found.shrinkage == 5143


def test_the_third_size_makes_the_interval_of_the_mean_risk_narrow_enough():
    observed = Observed(100, 30, 200.0)
    size = riley_sample_size(observed, 3, 0.3, 1.0).mean_risk
    rate, followed = 0.15, 2.0
    upper = 1 - np.exp(-(rate + 1.959963984540054 * np.sqrt(rate / (followed * size))))
    assert upper - (1 - np.exp(-rate)) == pytest.approx(0.05, abs=5e-4)
    assert riley_sample_size(observed, 3, 0.3, 30.0).mean_risk is None


@pytest.mark.parametrize("given", [(0, 1, 1.0), (5, 0, 1.0), (5, 2, 0.0)])
def test_a_cohort_without_cases_events_or_time_has_no_sample_size(given):
    with pytest.raises(MedmtlError, match="needs a case, an event and a time above 0"):
        Observed(*given)
    with pytest.raises(MedmtlError, match="needs a parameter and an R2 within 0 and 1"):
        riley_sample_size(Observed(5, 2, 3.0), 1, 1.0, 2.0)
