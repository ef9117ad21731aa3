"""Thirteen regions of one mask, on a grid whose spacings differ."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.features.regions import ALL_REGIONS, NEEDS_SUV, RegionName, derive

SPACING = (3.0, 2.0, 1.0)  # z, y, x


def _one_voxel() -> np.ndarray:
    inside = np.zeros((15, 21, 41), dtype=bool)
    inside[7, 10, 20] = True
    return inside


def _reached(region: np.ndarray) -> list[int]:
    """Return how many voxels the region spans along z, y and x."""
    return [int(np.ptp(where)) + 1 for where in np.nonzero(region)]


def test_there_are_thirteen_families() -> None:
    assert len(ALL_REGIONS) == 13


def test_a_dilation_reaches_as_many_millimetres_along_every_axis() -> None:
    found = derive(_one_voxel(), SPACING, ALL_REGIONS, np.ones((15, 21, 41)))
    assert _reached(found[RegionName.DILATED_1]) == [1, 1, 3]
    assert _reached(found[RegionName.DILATED_2]) == [1, 3, 5]
    assert _reached(found[RegionName.DILATED_4]) == [3, 5, 9]
    assert _reached(found[RegionName.DILATED_8]) == [5, 9, 17]


def test_a_dilation_holds_the_voxels_within_its_distance_counted_one_by_one() -> None:
    inside = np.random.default_rng(0).random((9, 10, 11)) > 0.995
    found = derive(inside, SPACING, [RegionName.DILATED_4], None)[RegionName.DILATED_4]
    every = np.argwhere(np.ones_like(inside)) * SPACING
    distance = np.linalg.norm(every[:, None] - (np.argwhere(inside) * SPACING)[None], axis=2).min(axis=1)
    np.testing.assert_array_equal(found.ravel(), distance <= 4.0 + 1e-9)


def test_a_shell_is_the_dilation_less_the_mask() -> None:
    found = derive(_one_voxel(), SPACING, ALL_REGIONS, np.ones((15, 21, 41)))
    for shell, dilation in (("shell_2mm", "dilated_2mm"), ("shell_4mm", "dilated_4mm"), ("shell_8mm", "dilated_8mm")):
        np.testing.assert_array_equal(found[RegionName(shell)], found[RegionName(dilation)] & ~_one_voxel())


def test_thresholds_keep_the_hot_voxels_of_the_mask_alone() -> None:
    inside = np.zeros((1, 1, 6), dtype=bool)
    inside[..., :4] = True
    suv = np.array([[[10.0, 4.0, 2.5, 2.4, 50.0, 50.0]]])
    found = derive(inside, SPACING, ALL_REGIONS, suv)
    assert [int(found[name].sum()) for name in (RegionName.SUV_2_5, RegionName.SUV_4)] == [3, 2]
    assert np.flatnonzero(found[RegionName.SUV_40_PERCENT]).tolist() == [0, 1]  # 4 is 40 % of 10: the limit counts


def test_a_suv_that_is_no_number_is_below_every_threshold() -> None:
    suv = np.array([[[np.nan, 5.0]]])
    found = derive(np.ones((1, 1, 2), dtype=bool), SPACING, sorted(NEEDS_SUV), suv)
    assert all(np.flatnonzero(region).tolist() == [1] for region in found.values())


def test_the_box_is_the_smallest_that_holds_the_mask() -> None:
    inside = np.zeros((5, 6, 7), dtype=bool)
    inside[1, 2, 3] = inside[3, 4, 3] = True
    box = derive(inside, SPACING, [RegionName.BOX], None)[RegionName.BOX]
    assert _reached(box) == [3, 3, 1]
    assert int(box.sum()) == 9


def test_nothing_grows_beyond_the_image_and_a_full_mask_has_no_shell() -> None:
    inside = np.ones((3, 3, 3), dtype=bool)
    found = derive(inside, SPACING, ALL_REGIONS, np.ones((3, 3, 3)))
    assert found[RegionName.DILATED_16].all()
    assert not found[RegionName.SHELL_8].any()


def test_every_region_of_an_empty_mask_is_empty() -> None:
    found = derive(np.zeros((3, 3, 3), dtype=bool), SPACING, ALL_REGIONS, np.ones((3, 3, 3)))
    assert list(found) == list(ALL_REGIONS)
    assert not any(region.any() for region in found.values())


def test_a_threshold_without_a_pet_is_refused_by_name() -> None:
    with pytest.raises(MedmtlError, match="suv_4 need the SUV"):
        derive(_one_voxel(), SPACING, [RegionName.SUV_4], None)
