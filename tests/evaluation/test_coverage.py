"""The default interval holds the true C as often as it says; benchmarks/coverage_study.py has the whole study."""

import numpy as np
import pytest

from medmtl.evaluation.concordance import interval_of_c
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.settings import EvaluationSettings

COHORTS = 500
TRUE_C = 0.7032  # of a million cases of the same making


def _held(effect, censoring, truth, n, folds):
    held = 0
    for cohort in range(COHORTS):
        rng = np.random.default_rng([cohort, n])
        risk = rng.normal(size=n)
        event_time, censored = rng.exponential(np.exp(-effect * risk)), rng.exponential(1.0, n) * censoring
        fold = rng.permutation(n) % folds
        outcomes = Outcomes(np.minimum(event_time, censored), event_time <= censored, fold)
        found = interval_of_c(outcomes, risk, EvaluationSettings())
        held += found.low is not None and found.low <= truth <= found.high
    return held / COHORTS


@pytest.mark.parametrize(("n", "folds"), [(36, 1), (36, 5), (200, 1), (200, 5)])
def test_a_known_c_is_held_in_92_to_97_of_100_cohorts(n, folds):
    assert 0.92 <= _held(0.8, 0.64, TRUE_C, n, folds) <= 0.97


@pytest.mark.parametrize(("n", "folds"), [(36, 5), (200, 5)])
def test_pure_noise_holds_one_half_in_93_of_100_cohorts(n, folds):
    assert _held(0.0, 0.667, 0.5, n, folds) >= 0.93
