"""Geometry between grids: the working grid of a case, and how far two grids share space."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from medmtl.records import Grid, Image

_PROBES_PER_AXIS = 12  # 1,728 points tell an overlap to about one part in twelve per axis


def working_grid(reference: Grid, spacing_mm: tuple[float, float, float]) -> Grid:
    """Return the grid of this spacing [mm, x y z] that covers the reference's box, shares its centre and its axes."""
    x, y, z = (
        max(1, ceil(n * old / new - 1e-3))
        for n, old, new in zip(reference.size, reference.spacing, spacing_mm, strict=True)
    )
    corner = _axes(reference) @ (np.array(spacing_mm) * (np.array((x, y, z)) - 1) / 2)
    origin = centre_of(reference) - corner
    return Grid((x, y, z), spacing_mm, (origin[0].item(), origin[1].item(), origin[2].item()), reference.direction)


def shared_fraction(first: Grid, second: Grid) -> float:
    """Return the part of the smaller grid's box that lies in the other's, between 0 (apart) and 1 (inside)."""
    return max(_inside(first, second), _inside(second, first))


def labelled_within(mask: Image, grid: Grid) -> float:
    """Return the part of a mask's labelled voxels whose centres lie in the grid's box; 1 for a mask without any."""
    index = np.argwhere(mask.array != 0)[:, ::-1].astype(np.float64)
    return float(_within(grid, points_at(mask.grid, index)).mean()) if len(index) else 1.0


def continuous_index(grid: Grid, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points [N, 3] in mm lie on the grid, in voxels in the order x, y, z."""
    index: NDArray[np.float64] = (points_mm - np.array(grid.origin)) @ _axes(grid) / np.array(grid.spacing)
    return index


def points_at(grid: Grid, index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points [N, 3] in mm of these positions [N, 3] in voxels, x, y, z; may be fractions."""
    points: NDArray[np.float64] = np.array(grid.origin) + (index * np.array(grid.spacing)) @ _axes(grid).T
    return points


def centre_of(grid: Grid) -> NDArray[np.float64]:
    """Return the middle of the grid [mm]."""
    half = np.array(grid.spacing) * (np.array(grid.size) - 1) / 2
    centre: NDArray[np.float64] = np.array(grid.origin) + _axes(grid) @ half
    return centre


def _inside(inner: Grid, outer: Grid) -> float:
    step = (np.arange(_PROBES_PER_AXIS) + 0.5) / _PROBES_PER_AXIS
    unit = np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3)
    index = unit * np.array(inner.size) - 0.5
    return float(_within(outer, points_at(inner, index)).mean())


def _within(grid: Grid, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    found = continuous_index(grid, points_mm)
    inside: NDArray[np.bool_] = (found >= -0.5) & (found <= np.array(grid.size) - 0.5)
    return np.asarray(inside.all(axis=1), dtype=np.bool_)


def _axes(grid: Grid) -> NDArray[np.float64]:
    return np.array(grid.direction).reshape(3, 3)
