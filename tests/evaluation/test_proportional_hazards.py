"""The test of proportional hazards against cox.zph of R survival 3.5."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.proportional_hazards import TimeScale, proportional_hazards_test

NAMES = ("fin", "age", "race", "wexp", "mar", "paro", "prio")
R = {
    "km": [0.0624297513581, 5.97398165342, 2.06826538748, 4.22459563342, 1.01102156444, 0.018383299169, 0.520584250303],
    "rank": [
        1.38380845141,
        0.896421461566,
        2.2599781512,
        4.15968375317,
        0.0895921418466,
        0.0218516556887,
        1.64080345194,
    ],
    "identity": [0.0089505587513, 6.61594378929, 2.14442625678, 3.87675512467, 1.03134831871, 0.0281765987231],
}
TOGETHER = {"km": 17.6944152545, "rank": 11.0251834071, "identity": 18.1826870391}


@pytest.mark.parametrize("scale", R)
def test_rossi_has_the_statistics_of_r(rossi, scale):
    outcomes, x, fitted = rossi
    found = proportional_hazards_test(x, fitted.coefficients, NAMES, outcomes, TimeScale(scale))
    np.testing.assert_allclose([one.chi_squared for one in found][: len(R[scale])], R[scale], atol=1e-6)
    assert (found[-1].name, found[-1].degrees) == ("GLOBAL", 7)
    assert found[-1].chi_squared == pytest.approx(TOGETHER[scale], abs=1e-6)


def test_age_has_the_p_of_r_not_that_of_the_approximation(rossi):
    outcomes, x, fitted = rossi
    found = {one.name: one.p for one in proportional_hazards_test(x, fitted.coefficients, NAMES, outcomes)}
    assert found["age"] == pytest.approx(0.0145, abs=5e-5)


def test_an_effect_that_turns_with_time_is_seen_and_a_steady_one_is_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 1))
    steady = Outcomes(rng.exponential(np.exp(-x[:, 0])), np.ones(400, dtype=bool))
    early = rng.exponential(np.exp(-2 * x[:, 0]))
    turning = Outcomes(np.where(early < 0.5, early, 0.5 + rng.exponential(np.exp(2 * x[:, 0]))), steady.event)
    p = [proportional_hazards_test(x, fit_cox(x, each).coefficients, ["x"], each)[0].p for each in (steady, turning)]
    assert p[0] > 0.05
    assert p[1] < 1e-6


def test_without_an_event_there_is_nothing_to_test():
    with pytest.raises(MedmtlError, match="needs an event"):
        proportional_hazards_test(np.ones((2, 1)), np.zeros(1), ["x"], Outcomes(np.ones(2), np.zeros(2, dtype=bool)))
