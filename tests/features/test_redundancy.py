"""Features that tell the same are grouped; those that tell the volume are found."""

from math import isnan

import numpy as np
import pytest
from scipy.stats import spearmanr

from medmtl.features.redundancy import redundancies, spearman


def _columns() -> np.ndarray:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 40))
    return np.stack([a, b, a**3, -a + 0.01 * rng.normal(size=40), np.ones(40), np.full(40, np.nan)], axis=1)


def test_features_of_one_order_or_its_opposite_are_one_group() -> None:
    found = redundancies(_columns(), np.arange(40.0))
    assert found.group.tolist() == [1, 2, 1, 1, 0, 0]
    assert [int(found.representative[found.group == number].sum()) for number in (1, 2)] == [1, 1]
    assert not found.representative[4:].any()


def test_correlation_is_that_of_scipy() -> None:
    columns = _columns()[:, :4]
    np.testing.assert_allclose(spearman(columns), np.abs(spearmanr(columns).statistic), rtol=1e-12)
    found = redundancies(columns, columns[:, 1] ** 2)
    expected = [spearmanr(column, columns[:, 1] ** 2).statistic for column in columns.T]
    assert found.with_volume.tolist() == pytest.approx(expected)


def test_a_constant_or_unknown_feature_has_no_correlation_with_the_volume() -> None:
    found = redundancies(_columns(), np.arange(40.0))
    assert [isnan(one) for one in found.with_volume.tolist()] == [False] * 4 + [True] * 2


def test_no_feature_gives_no_group() -> None:
    found = redundancies(np.zeros((5, 0)), np.arange(5.0))
    assert found.group.size == found.with_volume.size == 0
