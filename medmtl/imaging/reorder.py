"""Brings a mask into another order of the same voxels: writers of NIfTI turn and flip the axes as they like."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import continuous_index, points_at
from medmtl.records import Grid, Image

TOLERANCE_MM = 0.05  # scanners write positions with two decimals, NIfTI in single precision


def reordered(mask: Image, grid: Grid) -> Image:
    """Return the mask on the grid, voxel by voxel, its axes exchanged and flipped where the grid's differ.

    Raises MedmtlError where the grids are not of the same voxels: nothing is resampled.
    """
    step = np.rint(_step(mask.grid, grid)).astype(int)
    axes, signs = np.abs(step).argmax(axis=0).tolist(), step.sum(axis=0)
    refusal = MedmtlError(f"the mask must lie on the grid {grid}. It lies on {mask.grid}, and is not resampled.")
    if sorted(axes) != [0, 1, 2] or (np.abs(step).sum(axis=0) != 1).any():
        raise refusal
    array = mask.array.transpose(2, 1, 0).transpose(axes)
    if array.shape != grid.size or _distance(mask.grid, grid, axes, signs) > TOLERANCE_MM:
        raise refusal
    flipped = array[tuple(slice(None, None, sign) for sign in signs.tolist())]
    return Image(np.ascontiguousarray(flipped.transpose(2, 1, 0)), grid)


def _step(mask: Grid, grid: Grid) -> NDArray[np.float64]:
    """Return how the mask's index moves [3, columns] per voxel along each axis of the grid."""
    start = continuous_index(mask, points_at(grid, np.zeros((1, 3))))
    moved: NDArray[np.float64] = (continuous_index(mask, points_at(grid, np.eye(3))) - start).T
    return moved


def _distance(mask: Grid, grid: Grid, axes: list[int], signs: NDArray[np.int_]) -> float:
    """Return how far the corners of the grid are from the voxels of the mask that would become them [mm]."""
    corners = np.array(list(product(*((0, n - 1) for n in grid.size))), dtype=np.float64)
    other = np.where(signs > 0, corners, np.array(grid.size) - 1 - corners)
    index = np.empty_like(other)
    index[:, axes] = other
    return float(np.linalg.norm(points_at(grid, corners) - points_at(mask, index), axis=1).max())
