import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import points_at
from medmtl.imaging.voxel_box import (
    Box,
    box_around,
    box_between,
    box_inside,
    box_of,
    box_that_covers,
    part_of,
    whole_box,
)
from medmtl.records import Grid

TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
GRID = Grid((10, 8, 6), (1.0, 2.0, 3.0), (5.0, -4.0, 7.0), TURNED)


def test_a_part_lies_where_its_voxels_lay() -> None:
    part = part_of(GRID, Box((2, 3, 1), (4, 2, 5)))
    assert part.size == (4, 2, 5)
    np.testing.assert_allclose(part.origin, (5 - 3 * 2.0, -4 + 2 * 1.0, 7 - 1 * 3.0))
    np.testing.assert_allclose(
        points_at(part, np.array([[1.0, 1.0, 1.0]])), points_at(GRID, np.array([[3.0, 4.0, 2.0]]))
    )
    assert part_of(GRID, whole_box(GRID)) is GRID


def test_the_slices_of_a_box_are_those_of_an_array() -> None:
    array = np.arange(480).reshape(6, 8, 10)
    np.testing.assert_array_equal(array[Box((2, 3, 1), (4, 2, 5)).slices], array[1:6, 3:5, 2:6])


@pytest.mark.parametrize(("start", "size"), [((-1, 0, 0), (1, 1, 1)), ((0, 0, 0), (1, 0, 1))])
def test_a_box_must_hold_a_voxel_and_begin_in_the_image(start, size) -> None:
    with pytest.raises(MedmtlError, match="A box must begin at 0 or later and hold a voxel"):
        Box(start, size)


def test_a_box_between_two_points_holds_the_centres_between_them() -> None:
    within = Box((1, 0, 0), (9, 8, 6))
    assert box_between(np.array([-3.0, 1.2, 2.0]), np.array([4.9, 3.0, 99.0]), within) == Box((1, 2, 2), (4, 2, 4))
    assert box_between(np.array([20.0, 0.0, 0.0]), np.array([30.0, 7.0, 5.0]), within) == Box((9, 0, 0), (1, 8, 6))


def test_a_box_around_a_point_is_moved_in_and_cut_where_it_is_larger() -> None:
    within = Box((2, 0, 0), (8, 8, 6))
    assert box_around(np.array([5.0, 4.0, 3.0]), np.array([3.0, 3.0, 3.0]), within) == Box((4, 3, 2), (3, 3, 3))
    assert box_around(np.array([0.0, 9.0, 3.0]), np.array([4.0, 4.0, 50.0]), within) == Box((2, 4, 0), (4, 4, 6))


def test_what_covers_another_grid_has_a_margin_and_ends_with_the_image() -> None:
    other = part_of(GRID, Box((4, 3, 2), (2, 2, 2)))
    assert box_that_covers(GRID, other, 0) == Box((3, 2, 1), (4, 4, 4))
    assert box_that_covers(GRID, other, 3) == Box((0, 0, 0), (10, 8, 6))
    assert box_that_covers(GRID, Grid((2, 2, 2), (1.0, 1.0, 1.0), (500.0, 0.0, 0.0)), 3) is None


def test_what_lies_inside_another_grid_are_the_voxels_whose_centres_do() -> None:
    assert box_inside(GRID, part_of(GRID, Box((4, 3, 2), (2, 5, 2)))) == Box((4, 3, 2), (2, 5, 2))
    assert box_inside(GRID, GRID) == whole_box(GRID)
    assert box_inside(GRID, Grid((2, 2, 2), (1.0, 1.0, 1.0), (500.0, 0.0, 0.0))) is None


def test_the_box_of_a_mask_is_the_smallest() -> None:
    mask = np.zeros((6, 8, 10), dtype=bool)
    assert box_of(mask) is None
    mask[1, 3, 2] = mask[4, 5, 2] = True
    assert box_of(mask) == Box((2, 3, 1), (1, 3, 4))
