"""Dice, per case and pooled."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.overlap import (
    OverlapCounts,
    aggregated_dice,
    aggregated_dice_interval,
    dice,
    dice_interval,
    overlap_counts,
)
from medmtl.evaluation.settings import EvaluationSettings

COUNTS = [OverlapCounts(100, 100, 90), OverlapCounts(4, 6, 1), OverlapCounts(0, 10, 0)]


def test_dice_is_twice_the_shared_voxels_over_both_masks():
    predicted = np.array([[1, 1, 0], [0, 2, 0]])
    reference = np.array([[1, 0, 0], [0, 1, 1]])
    assert dice(predicted, reference) == pytest.approx(4 / 6)


def test_two_empty_masks_agree():
    empty = np.zeros((2, 2, 2), dtype=np.uint8)
    assert dice(empty, empty) == 1.0
    assert aggregated_dice([overlap_counts(empty, empty)]) == 1.0


def test_one_empty_mask_scores_nothing():
    assert dice(np.zeros((2, 2)), np.ones((2, 2))) == 0.0


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(MedmtlError, match=r"one shape. Found \(2, 2\) and \(3, 3\)"):
        dice(np.zeros((2, 2)), np.zeros((3, 3)))


def test_aggregated_dice_pools_the_voxels():
    assert aggregated_dice(COUNTS) == pytest.approx(2 * 91 / 220)


def test_aggregated_dice_pools_volumes_where_voxels_differ():
    """DSCagg of HECKTOR 2022: twice the shared volume over both volumes, in mm3 (here mL)."""
    counts = [OverlapCounts(100, 100, 90, voxel_ml=0.001), OverlapCounts(20, 30, 10, voxel_ml=0.008)]
    shared, total = 2 * (0.09 + 0.08), 0.2 + 0.4
    assert aggregated_dice(counts) == pytest.approx(shared / total)
    interval = aggregated_dice_interval(counts, EvaluationSettings())
    assert interval.estimate == pytest.approx(shared / total)
    assert (interval.low, interval.high) == pytest.approx((0.4, 0.9))


def test_the_mean_dice_weighs_each_case_alike():
    interval = dice_interval(COUNTS, EvaluationSettings())
    assert interval.estimate == pytest.approx((0.9 + 0.2 + 0.0) / 3)
    assert (interval.low, interval.n) == (0.0, 3)


def test_an_interval_holds_its_estimate_and_repeats_with_its_seed():
    counts = [OverlapCounts(50, 50, shared) for shared in range(10, 50)]
    first = aggregated_dice_interval(counts, EvaluationSettings(seed=3))
    assert first == aggregated_dice_interval(counts, EvaluationSettings(seed=3))
    assert first.low < first.estimate < first.high


def test_no_case_has_no_dice():
    assert aggregated_dice([]) is None
    assert dice_interval([], EvaluationSettings()).estimate is None
    assert aggregated_dice_interval([], EvaluationSettings()).estimate is None
