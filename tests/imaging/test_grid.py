import numpy as np
import pytest

from medmtl.imaging.grid import continuous_index, shared_fraction, working_grid
from medmtl.records import Grid

TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)  # about z, by the angle whose sine is 0.6
REFERENCES = [
    Grid((10, 12, 7), (1.0, 1.0, 3.0), (-5.0, 20.0, 100.0)),
    Grid((33, 20, 9), (0.97, 0.97, 3.27), (3.0, -7.0, 11.0), TURNED),
    Grid((5, 5, 5), (6.0, 6.0, 6.0), (0.0, 0.0, 0.0)),
]


def box(grid: Grid) -> np.ndarray:
    """The eight corners of the grid's box [mm]."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    index = corners * np.array(grid.size) - 0.5
    return np.array(grid.origin) + (index * np.array(grid.spacing)) @ np.array(grid.direction).reshape(3, 3).T


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("spacing", [(4.0, 4.0, 4.0), (1.0, 2.0, 2.5)])
def test_the_working_grid_covers_the_reference_and_shares_its_centre(
    reference: Grid, spacing: tuple[float, float, float]
) -> None:
    grid = working_grid(reference, spacing)
    found = continuous_index(grid, box(reference))
    assert grid.spacing == spacing
    assert grid.direction == reference.direction
    assert (found >= -0.51).all()
    assert (found <= np.array(grid.size) - 0.49).all()
    np.testing.assert_allclose(box(grid).mean(axis=0), box(reference).mean(axis=0), atol=1e-9)


def test_the_working_grid_is_no_larger_than_needed() -> None:
    assert working_grid(Grid((10, 12, 7), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0)), (4.0, 4.0, 4.0)).size == (3, 3, 6)
    assert working_grid(Grid((4, 4, 4), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), (4.0, 4.0, 4.0)).size == (1, 1, 1)


def test_a_grid_of_the_same_spacing_is_the_reference_itself() -> None:
    reference = REFERENCES[1]
    grid = working_grid(reference, reference.spacing)
    assert grid.size == reference.size
    np.testing.assert_allclose(grid.origin, reference.origin, atol=1e-9)


def test_the_index_of_a_voxel_is_its_number() -> None:
    grid = REFERENCES[1]
    point = np.array(grid.origin) + np.array(TURNED).reshape(3, 3) @ (np.array(grid.spacing) * (4, 3, 2))
    np.testing.assert_allclose(continuous_index(grid, point[None]), [[4, 3, 2]], atol=1e-9)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [((0.0, 0.0, 0.0), 1.0), ((5.0, 0.0, 0.0), 0.5), ((5.0, 5.0, 0.0), 0.25), ((11.0, 0.0, 0.0), 0.0)],
)
def test_the_shared_fraction_is_that_of_the_boxes(shift: tuple[float, float, float], expected: float) -> None:
    first = Grid((10, 10, 10), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    second = Grid((5, 5, 5), (2.0, 2.0, 2.0), (0.5 + shift[0], 0.5 + shift[1], 0.5 + shift[2]))
    assert shared_fraction(first, second) == pytest.approx(expected)
    assert shared_fraction(second, first) == shared_fraction(first, second)


def test_a_small_box_inside_a_large_one_shares_all_of_itself() -> None:
    small = Grid((2, 2, 2), (1.0, 1.0, 1.0), (40.0, 40.0, 40.0))
    large = Grid((100, 100, 100), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    assert shared_fraction(small, large) == 1.0
