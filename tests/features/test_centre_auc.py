"""How well the centre can be told from the features."""

from math import isnan

import numpy as np
import pytest

from medmtl.features.centre_auc import centre_auc
from medmtl.features.combat import ComBat

CENTRES = [name for name in "ABC" for _ in range(30)]


def _features(shift: float, stretch: float = 0.0) -> np.ndarray:
    which = np.repeat(np.arange(3), 30)[:, None]
    return np.random.default_rng(0).normal(size=(90, 8)) * (1 + stretch * which) + shift * which


def test_centres_that_shift_are_told_before_and_not_after() -> None:
    found = centre_auc(_features(2.0), CENTRES, ComBat())
    assert found.before > 0.95
    assert found.after < 0.65
    assert (found.cases, found.centres) == (90, ("A", "B", "C"))


def test_centres_that_stretch_alone_are_told_as_well() -> None:
    found = centre_auc(_features(0.0, 2.0), CENTRES, ComBat())
    assert found.before > 0.8
    assert found.after < found.before - 0.15


def test_equal_centres_are_told_by_chance_alone() -> None:
    found = centre_auc(_features(0.0), CENTRES, ComBat())
    assert found.before == pytest.approx(0.5, abs=0.12)


def test_unknown_values_do_not_hinder_and_too_few_centres_are_told() -> None:
    values = _features(2.0)
    values[::5, 0] = np.nan
    values[:, 1] = np.nan
    assert centre_auc(values, CENTRES, ComBat()).before > 0.95
    alone = centre_auc(values, ["A"] * 90, ComBat())
    assert isnan(alone.before)
    assert "two centres" in alone.reason
