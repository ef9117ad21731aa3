"""A box of whole voxels in a grid: where a part of an image begins, and how large it is."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import continuous_index, points_at
from medmtl.records import Grid

Triple = tuple[int, int, int]

_ROUNDING = 2e-3  # voxels: a working grid may fall short of its image by half as much (`imaging.grid.working_grid`)


@dataclass(frozen=True, slots=True)
class Box:
    """The voxels from `start` on, `size` of them, both in the order x, y, z of the grid's axes."""

    start: Triple
    size: Triple

    def __post_init__(self) -> None:
        if min(self.start) < 0 or min(self.size) < 1:
            raise MedmtlError(f"A box must begin at 0 or later and hold a voxel. Found {self.start}, {self.size}.")

    @property
    def stop(self) -> Triple:
        """The first voxel after the box."""
        x, y, z = (a + n for a, n in zip(self.start, self.size, strict=True))
        return x, y, z

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """What cuts the box out of an array [z, y, x]."""
        x, y, z = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return z, y, x


def whole_box(grid: Grid) -> Box:
    """Return the box of all the grid's voxels."""
    return Box((0, 0, 0), grid.size)


def part_of(grid: Grid, box: Box) -> Grid:
    """Return the grid of the box alone; all of it is the very same grid."""
    if box == whole_box(grid):
        return grid
    x, y, z = points_at(grid, np.array([box.start], dtype=np.float64))[0].tolist()
    return Grid(box.size, grid.spacing, (x, y, z), grid.direction)


def box_between(low: NDArray[np.floating], high: NDArray[np.floating], within: Box) -> Box:
    """Return the voxels whose centres lie from `low` to `high` [voxels, x y z], those of `within` alone.

    At least one voxel is kept along every axis, the nearest, so that a box beside `within` is a thin one at its side.
    """
    first, last = np.array(within.start), np.array(within.stop) - 1
    start = np.clip(np.ceil(low - _ROUNDING), first, last).astype(int)
    stop = np.clip(np.floor(high + _ROUNDING), start, last).astype(int)
    return _box(start, stop - start + 1)


def box_around(centre: NDArray[np.floating], size: NDArray[np.floating], within: Box) -> Box:
    """Return the box of this size [voxels] about a centre [voxels], moved into `within`, and cut where it is larger."""
    first, whole = np.array(within.start), np.array(within.size)
    edge = np.minimum(np.maximum(np.rint(size).astype(int), 1), whole)
    start = np.clip(np.rint(centre - (edge - 1) / 2).astype(int), first, first + whole - edge)
    return _box(start, edge)


def box_that_covers(grid: Grid, other: Grid, margin_voxels: int) -> Box | None:
    """Return the voxels of `grid` that surround `other` with a margin; None where the two lie apart."""
    low, high = _corners_in(grid, other)
    low, high = np.floor(low) - margin_voxels, np.ceil(high) + margin_voxels
    if (high < 0).any() or (low > np.array(grid.size) - 1).any():
        return None
    return box_between(low, high, whole_box(grid))


def box_inside(grid: Grid, other: Grid) -> Box | None:
    """Return the voxels of `grid` whose centres lie in the box of `other`, whose axes it shares; None without any."""
    low, high = _corners_in(grid, other)
    first, last = (
        np.maximum(np.ceil(low - _ROUNDING), 0),
        np.minimum(np.floor(high + _ROUNDING), np.array(grid.size) - 1),
    )
    return box_between(first, last, whole_box(grid)) if (first <= last).all() else None


def box_of(mask: NDArray[np.bool_]) -> Box | None:
    """Return the smallest box [x, y, z] that holds what is True in an array [z, y, x]; None where nothing is."""
    if not mask.any():
        return None
    ends = [np.nonzero(mask.any(axis=others))[0][[0, -1]] for others in ((0, 1), (0, 2), (1, 2))]
    first, last = np.array(ends).T
    return _box(first, last - first + 1)


def _corners_in(grid: Grid, other: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = np.array(list(product(*((-0.5, n - 0.5) for n in other.size))))
    index = continuous_index(grid, points_at(other, corners))
    return index.min(axis=0), index.max(axis=0)


def _box(start: NDArray[np.int_], size: NDArray[np.int_]) -> Box:
    (a, b, c), (i, j, k) = start.tolist(), size.tolist()
    return Box((a, b, c), (i, j, k))
