"""Planes show the patient where the patient is, whatever the grid."""

import numpy as np
import pytest

from medmtl.records import Grid, Image
from medmtl.report.planes import Plane, box_of, box_of_mask, centroid, cut, project

GRID = Grid((20, 30, 10), (2.0, 1.0, 4.0), (-20.0, -15.0, 50.0))


def _spot(x: int, y: int, z: int, grid: Grid = GRID) -> Image:
    array = np.zeros(grid.size[::-1], dtype=np.float32)
    array[z, y, x] = 1.0
    return Image(array, grid)


def _brightest(view: np.ndarray) -> tuple[float, float]:
    """Return row and column of the brightest pixel as shares of the view, from its upper left corner."""
    row, column = np.unravel_index(int(view.argmax()), view.shape)
    return row / view.shape[0], column / view.shape[1]


@pytest.mark.parametrize(
    ("plane", "row", "column"),
    [
        (Plane.AXIAL, "back is down", "left is right"),
        (Plane.CORONAL, "head is up", "left is right"),
        (Plane.SAGITTAL, "head is up", "back is right"),
    ],
)
def test_a_plane_is_shown_head_up_and_left_at_the_right(plane: Plane, row: str, column: str) -> None:
    spot = _spot(10, 15, 5)  # at (0, 0, 70) mm
    move = {"left": np.array([8.0, 0, 0]), "back": np.array([0, 8.0, 0]), "head": np.array([0, 0, 8.0])}

    def seen(towards: str) -> tuple[float, float]:
        centre = np.array([0.0, 0.0, 70.0]) - move[towards]  # the spot lies this way from the centre
        return _brightest(cut(spot, plane, (centre[0], centre[1], centre[2]), 40.0, 0.0))

    assert seen(column.split(maxsplit=1)[0]) == pytest.approx((0.5, 0.7), abs=0.03)
    down = 0.7 if row == "back is down" else 0.3
    assert seen(row.split(maxsplit=1)[0]) == pytest.approx((down, 0.5), abs=0.03)


def test_a_millimetre_is_as_long_in_every_direction() -> None:
    array = np.zeros(GRID.size[::-1], dtype=np.float32)
    array[2:7, 5:25, 5:15] = 1.0  # 20 mm in every direction, voxels of three lengths
    block = Image(array, GRID)
    middle = tuple(np.array(box_of_mask(block).low) / 2 + np.array(box_of_mask(block).high) / 2)  # type: ignore[union-attr]

    for plane in Plane:
        view = cut(block, plane, middle, 60.0, 0.0) > 0.5
        assert view.any(axis=0).mean() * 60 == pytest.approx(20.0, abs=0.5)
        assert view.any(axis=1).mean() * 60 == pytest.approx(20.0, abs=0.5)


def test_a_turned_grid_shows_the_same_patient() -> None:
    flipped = Grid(GRID.size, GRID.spacing, (18.0, 14.0, 50.0), (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0))
    straight, turned = _spot(3, 7, 5), _spot(16, 22, 5, flipped)

    for plane in Plane:
        views = [cut(image, plane, (-14.0, -8.0, 70.0), 40.0, 0.0) for image in (straight, turned)]
        np.testing.assert_allclose(views[0], views[1], atol=1e-5)


def test_a_projection_sees_through_the_patient_from_the_front() -> None:
    spots = _spot(4, 3, 8).array + _spot(15, 26, 8).array
    view = project(Image(spots, GRID), box_of(_spot(0, 0, 0)), 1.0)
    columns = np.flatnonzero(view.max(axis=0) > 0.4)

    assert view.shape[0] == view.shape[1]
    assert columns.min() < view.shape[1] / 2 < columns.max()
    assert np.flatnonzero(view.max(axis=1) > 0.4).max() < view.shape[0] / 2  # both lie near the head


def test_the_box_holds_whole_voxels() -> None:
    box = box_of(_spot(0, 0, 0))

    assert box.low == (-21.0, -15.5, 48.0)
    assert box.high == (19.0, 14.5, 88.0)
    assert box.side == 40.0


def test_the_centroid_is_a_voxel_of_the_mask() -> None:
    array = np.zeros(GRID.size[::-1], dtype=np.uint8)
    array[5, 10, 2:5] = array[5, 20, 2:5] = 1  # two bars: the mean lies between them

    x, y, z = centroid(Image(array, GRID))

    assert (x, z) == (-14.0, 70.0)
    assert y in (-5.0, 5.0)


def test_a_plane_beside_the_image_shows_only_what_lies_outside() -> None:
    view = cut(_spot(10, 15, 5), Plane.AXIAL, (500.0, 0.0, 70.0), 40.0, -1000.0)

    assert (view == -1000.0).all()


def test_an_empty_mask_has_no_box() -> None:
    assert box_of_mask(Image(np.zeros(GRID.size[::-1], dtype=np.uint8), GRID)) is None
