"""The infinitesimal jackknife against R survival, and the intervals made of it."""

import numpy as np
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2, load_rossi

from medmtl.errors import MedmtlError
from medmtl.evaluation.compare import difference_test
from medmtl.evaluation.concordance import harrell_c, interval_of_c, weighted_c
from medmtl.evaluation.jackknife import Influence, concordance_influence, logit_interval
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import pair_table, resampled_concordance
from medmtl.evaluation.settings import EvaluationSettings, IntervalMethod


def _gbsg2(columns):
    data = load_gbsg2()
    grade = data["tgrade"].map({"I": 1, "II": 2, "III": 3})
    yes = {"horTh": 1.0 * (data["horTh"] == "yes"), "menostat": 1.0 * (data["menostat"] == "Post")}
    chosen = data.assign(tgrade=grade, **yes)[[*columns, "time", "cens"]]
    fitted = CoxPHFitter().fit(chosen, "time", "cens", fit_options={"precision": 1e-10})
    risk = fitted.predict_log_partial_hazard(chosen).to_numpy()
    return Outcomes(data["time"].to_numpy(float), data["cens"].to_numpy(bool)), risk


def _phantom(n=50, seed=0):
    rng = np.random.default_rng(seed)
    risk = rng.integers(0, 12, n).astype(float)
    times = np.ceil(rng.exponential(np.exp(-risk / 6)) * 10)
    return Outcomes(times, rng.random(n) < 0.6, rng.integers(0, 3, n)), risk


@pytest.mark.parametrize(
    ("strata", "estimate", "error"),
    [(None, 0.6403292471, 0.0266581227726), ("wexp", 0.612449223417, 0.0284630333673)],
)
def test_rossi_has_the_standard_error_of_r(strata, estimate, error):
    data = load_rossi()
    risk = CoxPHFitter().fit(data, "week", "arrest", strata=strata).predict_log_partial_hazard(data).to_numpy()
    fold = data[strata].to_numpy() if strata else None
    found = concordance_influence(Outcomes(data["week"].to_numpy(float), data["arrest"].to_numpy(bool), fold), risk)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)
    assert found.error == pytest.approx(error, abs=1e-8)


def test_the_paired_test_on_gbsg2_has_the_error_and_z_of_r():
    outcomes, full = _gbsg2(("horTh", "age", "menostat", "tsize", "tgrade", "pnodes", "progrec", "estrec"))
    _, few = _gbsg2(("pnodes", "tsize", "tgrade"))
    found = difference_test(outcomes, (full, few))
    assert found.estimate == pytest.approx(0.687928339546 - 0.656171095347, abs=1e-9)
    assert found.error == pytest.approx(0.0125317661948, abs=1e-8)
    assert found.z == pytest.approx(2.53413953828, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_influence_is_the_derivative_by_the_weight(seed):
    outcomes, risk = _phantom(seed=seed)
    weight = np.random.default_rng(seed).random(50) + 0.5
    found = concordance_influence(Outcomes(outcomes.time_days, outcomes.event, outcomes.fold, weight), risk)
    step = np.where(np.arange(50) == 7, 1e-6, 0.0)
    more, less = (
        weighted_c(Outcomes(outcomes.time_days, outcomes.event, outcomes.fold, weight + sign * step), risk)
        for sign in (1, -1)
    )
    assert found.values[7] == pytest.approx(weight[7] * (more - less) / 2e-6, abs=1e-7)


def test_a_weight_of_two_is_the_case_given_twice():
    outcomes, risk = _phantom()
    weight = np.random.default_rng(3).integers(0, 3, 50).astype(float)
    drawn = np.repeat(np.arange(50), weight.astype(int))
    many = outcomes.take(drawn)
    found = weighted_c(Outcomes(outcomes.time_days, outcomes.event, outcomes.fold, weight), risk)
    assert found == pytest.approx(harrell_c(many.time_days, many.event, risk[drawn], many.fold).estimate, abs=1e-12)


def test_many_cases_are_resampled_as_few_are(monkeypatch):
    outcomes, risk = _phantom()
    counts = np.random.default_rng(0).multinomial(50, np.full(50, 0.02), 20).astype(float)
    few = resampled_concordance(outcomes, risk, counts)
    monkeypatch.setattr("medmtl.evaluation.resampling.MAX_TABLE", 10)
    np.testing.assert_allclose(resampled_concordance(outcomes, risk, counts), few, atol=1e-12)
    assert few == pytest.approx(pair_table(outcomes, risk).resampled(counts))


@pytest.mark.parametrize("method", IntervalMethod)
def test_every_method_gives_limits_about_the_estimate_within_0_and_1(method):
    outcomes, risk = _phantom()
    found = interval_of_c(outcomes, risk, EvaluationSettings(interval=method))
    assert 0 < found.low < found.estimate < found.high < 1
    assert (found.n, found.reason) == (50, "")


@pytest.mark.parametrize("method", IntervalMethod)
def test_no_event_is_answered_with_a_reason(method):
    outcomes, risk = _phantom()
    censored = Outcomes(outcomes.time_days, np.zeros(50, dtype=bool))
    found = interval_of_c(censored, risk, EvaluationSettings(interval=method))
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert "no two cases are comparable" in found.reason


def test_one_event_has_a_c():
    event = np.arange(6) == 2
    found = interval_of_c(Outcomes(np.arange(6.0), event), np.array([0, 0, 5, 1, 7, 2.0]), EvaluationSettings())
    assert found.estimate == pytest.approx(2 / 3)


@pytest.mark.parametrize("method", IntervalMethod)
def test_constant_risks_are_a_c_of_one_half_without_limits(method):
    outcomes, _ = _phantom()
    found = interval_of_c(outcomes, np.zeros(50), EvaluationSettings(interval=method))
    assert found.estimate == 0.5
    assert found.low in (None, 0.5)


def test_a_perfect_ranking_has_no_limits_and_says_so():
    outcomes = Outcomes(np.arange(1.0, 6.0), np.ones(5, dtype=bool))
    found = interval_of_c(outcomes, -np.arange(5.0), EvaluationSettings())
    assert (found.estimate, found.low, found.high) == (1.0, None, None)
    assert "standard error is 0" in found.reason


def test_one_case_alone_is_no_pair():
    alone = Outcomes(np.array([3.0]), np.array([True]))
    assert interval_of_c(alone, np.array([1.0]), EvaluationSettings()).estimate is None


def test_all_times_equal_are_compared_only_between_events_and_censorings():
    outcomes = Outcomes(np.full(4, 9.0), np.array([True, True, False, False]))
    found = harrell_c(outcomes.time_days, outcomes.event, np.array([2.0, 0.0, 1.0, 1.0]))
    assert (found.estimate, found.pairs) == (0.5, 4)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e300])
def test_the_scale_of_the_risks_changes_nothing(scale):
    outcomes, risk = _phantom()
    found = harrell_c(outcomes.time_days, outcomes.event, risk * scale)
    assert found == harrell_c(outcomes.time_days, outcomes.event, risk)


def test_the_order_of_the_cases_changes_nothing():
    outcomes, risk = _phantom()
    mixed = np.random.default_rng(8).permutation(50)
    before, after = concordance_influence(outcomes, risk), concordance_influence(outcomes.take(mixed), risk[mixed])
    np.testing.assert_allclose(after.values, before.values[mixed], atol=1e-15)


def test_the_logit_interval_is_the_one_worked_by_hand():
    found = logit_interval(Influence(0.8, np.array([0.06, 0.08])), 0.95)
    centre, half = np.log(4), 1.959963984540054 * 0.1 / 0.16
    assert found.low == pytest.approx(1 / (1 + np.exp(half - centre)))
    assert found.high == pytest.approx(1 / (1 + np.exp(-half - centre)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"time_days": np.array([1.0, np.nan])}, "Every time must be a finite number. Found nan at position 1"),
        ({"event": np.array([1.0, 0.0])}, "Events must be true or false. Found values of type float64"),
        ({"fold": np.arange(3)}, r"Every case must have one fold. Found \(3,\) for \(2,\) times"),
        ({"weight": np.array([1.0, -1.0])}, "Every weight must be 0 or more. Found -1.0 at position 1"),
        ({"weight": np.array([1.0, np.inf])}, "Every weight must be a finite number. Found inf"),
    ],
)
def test_outcomes_that_are_none_are_refused_by_name(wrong, told):
    with pytest.raises(MedmtlError, match=told):
        Outcomes(**({"time_days": np.array([1.0, 2.0]), "event": np.array([True, False])} | wrong))


@pytest.mark.parametrize("method", IntervalMethod)
def test_four_events_give_a_c_without_limits_and_five_give_both(method):
    outcomes, risk = _phantom()
    settings = EvaluationSettings(interval=method)
    for events, limited in ((4, False), (5, True)):
        kept = outcomes.event & (np.cumsum(outcomes.event) <= events)
        found = interval_of_c(Outcomes(outcomes.time_days, kept), risk, settings)
        assert found.estimate is not None
        assert (found.low is not None) is limited
        assert found.reason == ("" if limited else "limits need 5 events. Found 4")
