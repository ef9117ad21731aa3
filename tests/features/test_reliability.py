"""Intraclass correlation against the published table, a closed form and its edges."""

from math import isnan

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.features.reliability import reliability

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_it_gives_the_published_values_of_shrout_and_fleiss() -> None:
    found = reliability(SHROUT_FLEISS)
    assert (round(found.absolute.estimate, 2), round(found.consistent.estimate, 2)) == (0.17, 0.71)


def test_its_intervals_are_those_of_the_r_package_psych() -> None:
    found = reliability(SHROUT_FLEISS)
    assert (found.absolute.low, found.absolute.high) == pytest.approx((-0.133, 0.723), abs=1e-3)
    assert (found.consistent.low, found.consistent.high) == pytest.approx((0.342, 0.946), abs=1e-3)


def test_a_shift_common_to_all_cases_is_forgiven_by_consistency_alone() -> None:
    one = np.random.default_rng(0).normal(size=(20, 1))
    found = reliability(np.hstack([one, one + 5.0]))
    assert found.consistent.estimate == pytest.approx(1.0, abs=1e-9)
    assert found.absolute.estimate < 0.2


def test_equal_repeats_agree_perfectly() -> None:
    one = np.random.default_rng(0).normal(size=(9, 1)) * 1e8
    found = reliability(np.repeat(one, 3, axis=1))
    assert (found.absolute.estimate, found.absolute.low, found.absolute.high) == (1.0, 1.0, 1.0)


def test_noise_agrees_by_chance_alone() -> None:
    found = reliability(np.random.default_rng(0).normal(size=(200, 4)))
    assert found.absolute.low < 0 < found.absolute.high


@pytest.mark.parametrize("values", [np.ones((5, 3)), np.ones((1, 3)), np.ones((5, 1)), np.full((5, 3), np.nan)])
def test_what_does_not_vary_or_is_too_few_has_no_agreement(values: np.ndarray) -> None:
    assert isnan(reliability(values).absolute.estimate)


def test_a_case_with_an_unknown_repeat_is_left_out() -> None:
    values = np.vstack([SHROUT_FLEISS, [1.0, np.nan, 2.0, 3.0]])
    assert reliability(values).absolute == reliability(SHROUT_FLEISS).absolute
    assert reliability(values).absolute.cases == 6


def test_other_than_a_table_is_refused() -> None:
    with pytest.raises(MedmtlError, match="cases, repeats"):
        reliability(np.ones(3))
