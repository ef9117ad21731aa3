"""Draws the outlines of a mask's slice, so that filling them gives the slice again, voxel by voxel."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from skimage.measure import find_contours

HALF = 0.5  # a line half-way between a voxel inside and one outside
WITHIN = 0.49  # voxels beyond the outermost centres: rounded to the written decimals, it is still in the image
STRAIGHT = 1e-9  # steps are of half a voxel: a true turn is 0.25 or more


def outlines(inside: NDArray[np.bool_], header: Dataset) -> Iterator[NDArray[np.float64]]:
    """Yield the corners [n, 3] in mm of every closed outline of a slice [y, x], where the header says that it lies.

    An outline runs half-way between the centres of a voxel inside and its neighbour outside (marching squares, the
    plane form of Lorensen and Cline, SIGGRAPH 1987), so that no centre lies on it. A hole has an outline of its own:
    filling counts crossings (XOR). Voxels that touch at a corner alone have an outline each.
    """
    padded = np.pad(inside, 1).astype(np.float64)
    for outline in find_contours(padded, HALF, fully_connected="low"):
        limits = np.array(inside.shape) - 1 + WITHIN
        yield _in_space(np.clip(_corners(outline - 1.0), -WITHIN, limits), header)


def _corners(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points [n, 2], row and column, where a closed outline turns; the first is not repeated."""
    points = outline[:-1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return points[np.abs(turns) > STRAIGHT]


def _in_space(points: NDArray[np.float64], header: Dataset) -> NDArray[np.float64]:
    across, down = np.array(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    row_step, column_step = (float(step) for step in header.PixelSpacing)
    start = np.array(header.ImagePositionPatient, dtype=np.float64)
    located: NDArray[np.float64] = (
        start + np.outer(points[:, 1], column_step * across) + np.outer(points[:, 0], row_step * down)
    )
    return located
