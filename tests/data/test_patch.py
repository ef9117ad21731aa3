import numpy as np
import pytest

from medmtl.data.patch import central_corner, corner_around, cut, cut_image, random_corner

NUMBERS = np.arange(5 * 6 * 7).reshape(5, 6, 7)


def test_a_patch_inside_is_a_plain_slice() -> None:
    np.testing.assert_array_equal(cut(NUMBERS, (1, 2, 3), (2, 3, 4), -1), NUMBERS[1:3, 2:5, 3:7])


def test_what_a_patch_has_beyond_the_case_is_filled() -> None:
    patch = cut(NUMBERS, (-1, -2, -1), (8, 8, 8), -1)
    np.testing.assert_array_equal(patch[1:6, 2:8, 1:8], NUMBERS)
    assert (patch != -1).sum() == NUMBERS.size
    assert patch.dtype == NUMBERS.dtype


def test_beyond_the_case_there_is_no_uptake_and_air() -> None:
    pet, ct = cut_image(np.full((2, 4, 4, 4), 0.5, np.float32), (-2, -2, -2), (8, 8, 8))
    assert pet[0, 0, 0] == 0.0
    assert ct[0, 0, 0] == -1.0
    assert pet.sum() == pytest.approx(0.5 * 64)


def test_a_case_lies_in_the_middle_of_a_larger_patch() -> None:
    assert central_corner((4, 5, 10), (8, 8, 8)) == (-2, -2, 1)
    patch = cut(np.ones((4, 5, 10)), (-2, -2, 1), (8, 8, 8), 0.0)
    assert patch[2:6, 2:7, :].all()
    assert patch.sum() == 4 * 5 * 8


@pytest.mark.parametrize(
    ("voxel", "corner"), [((0, 0, 0), (0, 0, 0)), ((10, 10, 10), (6, 6, 6)), ((19, 19, 19), (12, 12, 12))]
)
def test_a_patch_around_a_voxel_stays_inside_the_case(voxel, corner) -> None:
    assert corner_around(voxel, (20, 20, 20), (8, 8, 8)) == corner


def test_an_axis_that_the_patch_covers_is_central() -> None:
    assert corner_around((0, 19, 10), (6, 8, 20), (8, 8, 8)) == (-1, 0, 6)


def test_patches_of_a_larger_case_hold_the_tumour_as_often_as_asked() -> None:
    mask = np.zeros((40, 40, 40), np.uint8)
    mask[2:4, 30:32, 5:7] = 1
    rng = np.random.default_rng(0)

    def share(foreground: float) -> float:
        corners = [random_corner(mask, mask.shape, (8, 8, 8), foreground, rng) for _ in range(200)]
        return float(np.mean([cut(mask, corner, (8, 8, 8), 0).any() for corner in corners]))

    assert share(1.0) == 1.0
    assert share(0.5) == pytest.approx(0.5, abs=0.1)
    assert share(0.0) < 0.15


def test_without_a_mask_a_patch_lies_anywhere_inside() -> None:
    rng = np.random.default_rng(0)
    corners = np.array([random_corner(None, (40, 40, 40), (8, 8, 8), 1.0, rng) for _ in range(300)])
    assert corners.min() == 0
    assert corners.max() == 32
    assert len(np.unique(corners[:, 0])) > 20
