"""The group lasso over horizons finds what matters at any time, and little else."""

import numpy as np
import pytest
from lifelines import NelsonAalenFitter

from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.ridge import fit_ridge
from medmtl.risk.rows import Block
from medmtl.risk.selectors.sparse_multi_task import SparseMultiTask, martingale_residuals
from medmtl.risk.selectors.univariate import Univariate


def test_the_residual_is_the_event_less_the_cumulative_hazard_of_the_time_at_risk():
    rng = np.random.default_rng(0)
    time_days, event = rng.integers(1, 30, 60).astype(float), rng.random(60) < 0.6
    horizons = np.array([5.0, 12.5, 29.0])
    hazard = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time_days, event).cumulative_hazard_.iloc[:, 0]
    for column, horizon in zip(martingale_residuals(time_days, event, horizons).T, horizons, strict=True):
        until = np.minimum(time_days, horizon)
        expected = [
            float(seen and day <= horizon) - hazard[hazard.index <= last].iloc[-1]
            for day, seen, last in zip(time_days, event, until, strict=True)
        ]
        assert column == pytest.approx(expected, abs=1e-9)
        assert column.sum() == pytest.approx(0, abs=1e-9)


def test_a_case_that_is_censored_before_a_horizon_tells_of_it_as_far_as_it_was_followed():
    time_days, event = np.array([2.0, 4.0, 6.0, 8.0]), np.array([True, False, True, True])
    found = martingale_residuals(time_days, event, np.array([8.0]))[:, 0]
    assert found == pytest.approx([1 - 1 / 4, -1 / 4, 1 - 1 / 4 - 1 / 2, 1 - 1 / 4 - 1 / 2 - 1])


def _correlated(seed, n=420):
    """300 features, of which the first twelve, alike at 0.5, drive the hazard; 70 % of the events are seen."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 300))
    values[:, :12] = np.sqrt(0.5) * (values[:, :12] + rng.normal(size=(n, 1)))
    time_days = rng.exponential(np.exp(-1.5 * values[:, :12].sum(axis=1) / np.sqrt(12)))
    end = np.quantile(time_days, 0.7)
    return Block(tuple(f"f{i}" for i in range(300)), values), np.minimum(time_days, end), time_days <= end


def _found(selector, seed):
    """Return how many were chosen of 120 cases, how many rightly, and C on 300 others by a ridge on the chosen."""
    block, time_days, event = _correlated(seed)
    seen, unseen = slice(0, 120), slice(120, None)
    chosen = selector.choose(block.take(np.arange(120)), time_days[seen], event[seen])
    right = sum(int(name[1:]) < 12 for name in chosen)
    values = block.pick(chosen).values
    weights = fit_ridge(values[seen], time_days[seen], event[seen], 0.1)
    return len(chosen), right, harrell_c(time_days[unseen], event[unseen], values[unseen] @ weights).estimate


def test_what_it_keeps_of_three_hundred_features_is_what_matters():
    count, right, c = np.array([_found(SparseMultiTask(), seed) for seed in range(6)]).T
    assert (right / count).mean() > 0.75
    assert (right / 12).mean() > 0.6
    assert c.mean() > np.mean([_found(Univariate(5), seed)[2] for seed in range(6)])


def test_every_level_keeps_a_part_of_the_one_before():
    block, time_days, event = _correlated(5, n=120)
    one, two, more = (SparseMultiTask(levels=levels).choose(block, time_days, event) for levels in (1, 2, 6))
    assert set(more) < set(two) < set(one)


def test_a_feature_that_matters_late_only_is_kept_beside_one_that_matters_early():
    rng = np.random.default_rng(1)
    n = 400
    values = rng.normal(size=(n, 20))
    early = rng.exponential(np.exp(-1.5 * values[:, 3]))
    late = 1 + rng.exponential(np.exp(-1.5 * values[:, 8]))
    time_days = np.where(early < 1, early, late)  # one feature until day 1, the other from then on
    block = Block(tuple(f"f{i}" for i in range(20)), values)
    assert {"f3", "f8"} <= set(SparseMultiTask().choose(block, time_days, np.ones(n, dtype=bool)))


def test_noise_and_fewer_cases_than_folds_are_answered():
    rng = np.random.default_rng(2)
    block = Block(tuple(f"n{i}" for i in range(200)), rng.normal(size=(80, 200)))
    counts = [len(SparseMultiTask().choose(block, rng.exponential(size=80), rng.random(80) < 0.6)) for _ in range(4)]
    assert np.median(counts) <= 5
    assert SparseMultiTask().choose(block, np.ones(80), np.ones(80, dtype=bool)) == ()  # all at one time
    assert SparseMultiTask().choose(block.take(np.arange(4)), np.arange(4.0), np.ones(4, dtype=bool)) == ()
