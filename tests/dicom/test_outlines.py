"""What is drawn from a mask and filled again is the mask, whatever its shape and wherever it lies."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from skimage.draw import polygon2mask

from medmtl.dicom.outlines import outlines

SHAPES = {
    "a single voxel": ["...", ".#.", "..."],
    "a single voxel that is the whole slice": ["#"],
    "a full slice": ["####", "####", "####"],
    "all corners of the image": ["#..#", "....", "#..#"],
    "a hole": ["#####", "#...#", "#.#.#", "#...#", "#####"],
    "a hole at the border": ["###", "#.#", "###"],
    "diagonal voxels": ["#..", ".#.", "..#"],
    "a ring pinched at a corner": ["####", "#..#", "#.#.", "###."],
    "a chess board": ["#.#.#", ".#.#.", "#.#.#", ".#.#."],
    "a comb": ["#.#.#.#", "#.#.#.#", "#######"],
    "a line": ["....", "####"],
}


def drawing(rows: list[str]) -> NDArray[np.bool_]:
    return np.array([[sign == "#" for sign in row] for row in rows])


def placed(turn: NDArray[np.float64], position: NDArray[np.float64], spacing: tuple[float, float]) -> Dataset:
    header = Dataset()
    header.ImageOrientationPatient = np.round([*turn[:, 0], *turn[:, 1]], 8).tolist()
    header.ImagePositionPatient = np.round(position, 4).tolist()
    header.PixelSpacing = list(spacing)
    return header


def filled(inside: NDArray[np.bool_], header: Dataset) -> NDArray[np.bool_]:
    """Fill by a way of one's own: back through the header, with the points as they are written."""
    across, down = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
    start, (row_step, column_step) = np.array(header.ImagePositionPatient, dtype=float), header.PixelSpacing
    found = np.zeros_like(inside)
    for points in outlines(inside, header):
        written = np.round(points, 5) - start
        found ^= polygon2mask(
            inside.shape, np.column_stack([written @ down / row_step, written @ across / column_step])
        )
    return found


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("turned", [False, True])
def test_filling_the_outlines_gives_the_same_voxels(name: str, turned: bool) -> None:
    inside, turn = drawing(SHAPES[name]), np.eye(3)
    if turned:
        turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    header = placed(turn, np.array([-251.3, 80.25, -1019.5]), (0.9765, 1.5))
    np.testing.assert_array_equal(filled(inside, header), inside)


def test_random_masks_of_any_density_come_back() -> None:
    rng = np.random.default_rng(0)
    for _ in range(150):
        inside = rng.random(rng.integers(1, 12, size=2)) < rng.uniform(0.05, 0.95)
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        header = placed(turn, rng.uniform(-900, 900, 3), tuple(np.round(rng.uniform(0.3, 5, 2), 3)))
        np.testing.assert_array_equal(filled(inside, header), inside)


def test_a_rectangle_needs_no_more_points_than_its_corners() -> None:
    inside = np.zeros((40, 60), dtype=bool)
    inside[5:35, 10:50] = True
    (points,) = outlines(inside, placed(np.eye(3), np.zeros(3), (1.0, 1.0)))
    assert len(points) == 8  # each corner is cut


def test_diagonal_voxels_have_an_outline_each_and_a_hole_its_own() -> None:
    header = placed(np.eye(3), np.zeros(3), (1.0, 1.0))
    assert len(list(outlines(drawing(SHAPES["diagonal voxels"]), header))) == 3
    assert len(list(outlines(drawing(SHAPES["a hole at the border"]), header))) == 2


def test_no_outline_leaves_the_image() -> None:
    for points in outlines(np.ones((3, 4), dtype=bool), placed(np.eye(3), np.zeros(3), (1.0, 1.0))):
        assert points[:, :2].min() > -0.5
        assert (points[:, :2].max(axis=0) < [3.5, 2.5]).all()


def test_an_empty_slice_has_no_outline() -> None:
    assert list(outlines(np.zeros((3, 4), dtype=bool), placed(np.eye(3), np.zeros(3), (1.0, 1.0)))) == []
