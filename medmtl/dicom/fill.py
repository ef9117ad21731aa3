"""Fills contours into a mask on an image's grid."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from medmtl.dicom.regions import DrawnMask, unite
from medmtl.dicom.rtstruct import Contours, ContourSet
from medmtl.errors import MedmtlError
from medmtl.records import Grid

PLANE = 0.5  # of the spacing: a contour belongs to the nearest slice


def fill_contours(contours: ContourSet, grid: Grid, frame_of_reference: str) -> DrawnMask:
    """Return the mask: voxels whose centre lies inside; a contour inside another of its region cuts a hole.

    Where regions of one label overlap the voxel belongs to the label; where labels overlap, to the first. Raises
    MedmtlError where the coordinate systems differ or a contour lies outside the grid.
    """
    for region in (region for drawn in contours.labels.values() for region in drawn):
        if region.frame_of_reference != frame_of_reference:
            found = f"{region.frame_of_reference or 'none'} and {frame_of_reference or 'none'}"
            raise MedmtlError(f"{contours.path}: contours and image must share a frame of reference. Found {found}.")
    inside = [(label, _label(drawn, grid, contours.path)) for label, drawn in contours.labels.items()]
    image, notes = unite(inside, grid)
    names = {label: tuple(region.name for region in drawn) for label, drawn in contours.labels.items()}
    return DrawnMask(image, names, contours.notes + notes)


def _label(regions: tuple[Contours, ...], grid: Grid, path: Path) -> NDArray[np.bool_]:
    inside = np.zeros(grid.size[::-1], dtype=np.bool_)
    for region in regions:
        inside |= _fill(region, grid, path)
    return inside


def _fill(region: Contours, grid: Grid, path: Path) -> NDArray[np.bool_]:
    inside = np.zeros(grid.size[::-1], dtype=np.bool_)
    for polygon in region.polygons:
        indices = _continuous_indices(polygon, grid)
        inside[_slice(indices, grid, region.name, path)] ^= polygon2mask(inside.shape[1:], indices[:, [1, 0]])
    return inside


def _continuous_indices(points: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return the points [n, 3] in voxels, x, y, z; a whole number is a voxel's centre."""
    axes = np.array(grid.direction).reshape(3, 3) * np.array(grid.spacing)
    return np.linalg.solve(axes, (points - np.array(grid.origin)).T).T


def _slice(indices: NDArray[np.float64], grid: Grid, name: str, path: Path) -> int:
    depth = indices[:, 2]
    nearest = int(np.rint(depth.mean()))
    if np.abs(depth - nearest).max() > PLANE:
        found = f"depths over {np.ptp(depth):.2f} slices"
        raise MedmtlError(f"{path}: a contour of {name} must lie in one slice of the image. Found {found}.")
    if not 0 <= nearest < grid.size[2]:
        found = f"one at slice {nearest} of {grid.size[2]}"
        raise MedmtlError(f"{path}: contours of {name} must lie within the image. Found {found}.")
    low, high = indices[:, :2].min(axis=0), indices[:, :2].max(axis=0)
    if (low < -PLANE).any() or (high > np.array(grid.size[:2]) - PLANE).any():
        found = f"columns {low[0]:.1f} to {high[0]:.1f}, rows {low[1]:.1f} to {high[1]:.1f} of {grid.size[:2]}"
        raise MedmtlError(f"{path}: contours of {name} must lie within the image. Found {found}.")
    return nearest
