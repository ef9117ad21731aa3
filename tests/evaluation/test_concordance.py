"""Harrell's C against lifelines, R and cases worked by hand."""

import numpy as np
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2, load_rossi
from lifelines.utils import concordance_index

from medmtl.errors import MedmtlError
from medmtl.evaluation.compare import concordance_difference
from medmtl.evaluation.concordance import concordance_interval, harrell_c
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import pair_table
from medmtl.evaluation.settings import EvaluationSettings


def _phantom(n=60, seed=0):
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=n)
    time_days = np.ceil(rng.exponential(np.exp(-risk)) * 10)
    return time_days, rng.random(n) < 0.6, risk


def test_rossi_has_the_c_of_r_and_lifelines():
    data = load_rossi()
    fitted = CoxPHFitter().fit(data, "week", "arrest")
    time_days, event = data["week"].to_numpy(float), data["arrest"].to_numpy(bool)
    risk = fitted.predict_log_partial_hazard(data).to_numpy()
    assert harrell_c(time_days, event, risk).estimate == pytest.approx(0.6403292470997135, abs=1e-9)


def test_rossi_within_strata_has_the_c_of_r_and_lifelines():
    data = load_rossi()
    fitted = CoxPHFitter().fit(data, "week", "arrest", strata="wexp")
    time_days, event = data["week"].to_numpy(float), data["arrest"].to_numpy(bool)
    risk = fitted.predict_log_partial_hazard(data).to_numpy()
    found = harrell_c(time_days, event, risk, fold=data["wexp"].to_numpy())
    assert found.estimate == pytest.approx(0.6124492234169654, abs=1e-9)


def test_gbsg2_has_the_c_of_r_scikit_survival_and_lifelines():
    data = load_gbsg2()
    grade = data["tgrade"].map({"I": 1, "II": 2, "III": 3})
    coded = data.assign(tgrade=grade, horTh=1.0 * (data["horTh"] == "yes"), menostat=1.0 * (data["menostat"] == "Post"))
    risk = CoxPHFitter().fit(coded, "time", "cens").predict_log_partial_hazard(coded).to_numpy()
    found = harrell_c(data["time"].to_numpy(float), data["cens"].to_numpy(bool), risk)
    assert found.estimate == pytest.approx(0.6879283395455092, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_ties_are_counted_as_lifelines_counts_them(seed):
    rng = np.random.default_rng(seed)
    time_days, event = rng.integers(1, 8, 40).astype(float), rng.random(40) < 0.5
    risk = rng.integers(0, 5, 40).astype(float)
    assert harrell_c(time_days, event, risk).estimate == pytest.approx(concordance_index(time_days, -risk, event))


def test_an_event_precedes_a_censoring_of_the_same_time():
    found = harrell_c(np.array([5.0, 5.0]), np.array([True, False]), np.array([1.0, 0.0]))
    assert (found.estimate, found.pairs) == (1.0, 1)


def test_two_events_of_the_same_time_are_not_compared():
    found = harrell_c(np.array([5.0, 5.0]), np.array([True, True]), np.array([1.0, 0.0]))
    assert (found.estimate, found.pairs, found.n) == (None, 0, 2)


def test_no_case_has_no_c():
    none = np.zeros(0)
    assert harrell_c(none, none.astype(bool), none).estimate is None
    assert concordance_interval(none, none.astype(bool), none, None, EvaluationSettings()).estimate is None


def test_a_larger_risk_is_worse():
    time_days, event = np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool)
    assert harrell_c(time_days, event, np.array([3.0, 2.0, 1.0])).estimate == 1.0
    assert harrell_c(time_days, event, np.array([1.0, 2.0, 3.0])).estimate == 0.0


def test_adding_a_constant_to_the_risks_of_one_fold_changes_nothing():
    time_days, event, risk = _phantom()
    fold = np.arange(60) % 3
    assert harrell_c(time_days, event, risk, fold) == harrell_c(time_days, event, risk + 7.0 * fold, fold)


def test_only_pairs_of_one_fold_count():
    time_days, event = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=bool)
    found = harrell_c(time_days, event, np.array([9.0, 1.0, 3.0, 2.0]), np.array([0, 0, 1, 1]))
    assert (found.estimate, found.pairs) == (1.0, 2)


def test_a_risk_that_is_no_number_is_named_by_its_position():
    time_days, event, risk = _phantom(4)
    risk[2] = np.nan
    with pytest.raises(MedmtlError, match=r"Every risk must be a finite number\. Found nan at position 2"):
        harrell_c(time_days, event, risk)


def test_the_resampled_c_is_the_c_of_the_resampled_cases():
    time_days, event, risk = _phantom(25)
    fold = np.arange(25) % 2
    drawn = np.random.default_rng(1).integers(0, 25, 25)
    counts = np.bincount(drawn, minlength=25)[None, :].astype(float)
    naive = harrell_c(time_days[drawn], event[drawn], risk[drawn], fold[drawn])
    assert pair_table(Outcomes(time_days, event, fold), risk).resampled(counts)[0] == pytest.approx(
        naive.estimate, abs=1e-12
    )


def test_an_interval_holds_its_estimate_and_repeats_with_its_seed():
    time_days, event, risk = _phantom()
    settings = EvaluationSettings(seed=1)
    found = concordance_interval(time_days, event, risk, None, settings)
    assert found == concordance_interval(time_days, event, risk, None, settings)
    assert 0.5 < found.low < found.estimate < found.high < 1


def test_two_equal_risks_differ_by_exactly_nothing():
    time_days, event, risk = _phantom()
    found = concordance_difference(time_days, event, (risk, 2 * risk + 1), None, EvaluationSettings())
    assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_true_risk_beats_noise():
    time_days, event, risk = _phantom(150)
    noise = np.random.default_rng(5).normal(size=150)
    found = concordance_difference(time_days, event, (risk, noise), None, EvaluationSettings())
    assert found.low > 0.05


def test_a_difference_without_a_comparable_pair_is_unknown():
    time_days, _, risk = _phantom(10)
    found = concordance_difference(time_days, np.zeros(10, bool), (risk, risk), None, EvaluationSettings())
    assert (found.estimate, found.low, found.n) == (None, None, 10)
