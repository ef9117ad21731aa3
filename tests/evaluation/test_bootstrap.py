"""Resamples and percentile intervals."""

import numpy as np
import pytest
from pydantic import ValidationError

from medmtl.evaluation.bootstrap import percentile_interval, resample_counts
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval


def test_every_resample_draws_as_many_cases_as_there_are():
    counts = resample_counts(17, EvaluationSettings(resamples=50))
    assert counts.shape == (50, 17)
    assert (counts.sum(axis=1) == 17).all()


def test_the_interval_of_a_known_distribution_is_its_percentiles():
    interval = percentile_interval(50.0, np.arange(101.0), 9, EvaluationSettings(level=0.9))
    assert interval == Interval(50.0, pytest.approx(5.0), pytest.approx(95.0), 9)


def test_limits_are_absent_when_most_resamples_define_nothing():
    draws = np.array([0.5, np.nan, np.nan, np.nan])
    found = percentile_interval(0.5, draws, 3, EvaluationSettings())
    assert (found.estimate, found.low, found.high) == (0.5, None, None)
    assert found.reason == "fewer than half of the resamples define the statistic"


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="resample"):
        EvaluationSettings(resample=10)
