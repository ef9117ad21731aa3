from dataclasses import replace

import numpy as np
import pytest

from medmtl.cohort.synthetic import Traits, log_hazard
from medmtl.cohort.synthetic.hazard import Coefficients, draw_follow_up

TYPICAL = Traits(volume_ml=15, uptake=7, heterogeneity=0.35, age=62, performance_status=0)


def test_a_typical_case_has_log_hazard_zero() -> None:
    assert log_hazard(TYPICAL) == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"volume_ml": 30}, 1.25 * np.log(2)),
        ({"uptake": 3.5}, -1.6 * np.log(2)),
        ({"heterogeneity": 0.55}, 0.4),
        ({"age": 52}, -0.4),
        ({"performance_status": 2}, 1.2),
    ],
)
def test_each_trait_counts_by_its_coefficient(change: dict[str, float], expected: float) -> None:
    np.testing.assert_allclose(log_hazard(replace(TYPICAL, **change)), expected)


def test_the_weights_can_be_given() -> None:
    assert log_hazard(replace(TYPICAL, age=72), replace(Coefficients(), age=5.0)) == 5.0


def test_a_larger_log_hazard_has_its_event_sooner() -> None:
    rng = np.random.default_rng(0)
    medians = [np.median([draw_follow_up(risk, rng).time_days for _ in range(300)]) for risk in (-1, 0, 1, 2)]
    assert medians == sorted(medians, reverse=True)


def test_the_hazards_are_proportional() -> None:
    """Under a Weibull baseline of shape 1.3, log hazard 1 divides every quantile of time by exp(1 / 1.3)."""
    early = [draw_follow_up(4.0, np.random.default_rng(seed)).time_days for seed in range(200)]
    late = [draw_follow_up(3.0, np.random.default_rng(seed)).time_days for seed in range(200)]
    np.testing.assert_allclose(np.median(late) / np.median(early), np.exp(1 / 1.3), rtol=0.02)


def test_censoring_does_not_depend_on_the_hazard() -> None:
    limits = [draw_follow_up(-50.0, np.random.default_rng(seed)) for seed in range(200)]
    assert not any(endpoint.event for endpoint in limits)
    times = [endpoint.time_days for endpoint in limits]
    assert 250 <= min(times) < 400
    assert 2450 < max(times) <= 2600
