"""The maximal correlation coefficient: symmetric where PyRadiomics' eps has no say, else by its own formula."""

import numpy as np
import pytest

from medmtl.features.engine.mcc import TOLERANCE, maximal_correlations, stated_definition, symmetric_eigenvalues


def _joint(counts):
    counts = np.asarray(counts, dtype=float)
    return (counts + counts.T) / (counts + counts.T).sum()


def maximal_correlation(joint):
    return maximal_correlations(joint[None])[0]


def _symmetric(joint):
    return tuple(float(one[0]) for one in symmetric_eigenvalues(joint[None]))


def test_the_coefficient_of_two_levels_is_their_correlation():
    # Of two binary values the maximal correlation is the absolute Pearson correlation.
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    assert maximal_correlation(joint) == pytest.approx(0.6)


def test_levels_that_never_meet_correlate_fully():
    assert maximal_correlation(np.diag([0.5, 0.3, 0.2])) == pytest.approx(1.0)


def test_a_single_level_has_coefficient_one():
    assert maximal_correlation(np.ones((1, 1))) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_agree_where_the_bound_says_that_eps_has_no_say(seed):
    joint = _joint(np.random.default_rng(seed).integers(0, 40, (30, 30)))
    value, bound = _symmetric(joint)
    assert bound <= TOLERANCE * value
    assert np.sqrt(value) == pytest.approx(stated_definition(joint), rel=1e-7)


def test_a_rare_level_beside_many_voxels_is_left_to_the_stated_definition():
    counts = np.random.default_rng(0).integers(1000, 90_000, (8, 8)).astype(float)
    counts[0], counts[:, 0] = 0, 0
    counts[0, 0] = 0.01  # far rarer than any region can hold, so that eps must decide
    joint = _joint(counts)
    value, bound = _symmetric(joint)
    assert bound > TOLERANCE * value
    assert abs(np.sqrt(value) - stated_definition(joint)) > 1e-6
    assert maximal_correlation(joint) == stated_definition(joint)


def test_a_matrix_that_is_not_symmetric_is_left_to_the_stated_definition():
    joint = np.array([[0.3, 0.2], [0.1, 0.4]])
    assert maximal_correlation(joint) == stated_definition(joint)


def test_a_level_that_never_occurs_changes_nothing():
    joint = _joint(np.random.default_rng(2).integers(1, 40, (9, 9)))
    wider = np.zeros((10, 10))
    wider[:9, :9] = joint
    assert maximal_correlation(wider) == pytest.approx(maximal_correlation(joint), rel=1e-12)
    assert stated_definition(wider) == pytest.approx(maximal_correlation(joint), rel=1e-7)
