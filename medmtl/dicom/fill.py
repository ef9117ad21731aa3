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
SAME_PLANE = 2  # decimals of the spacing: contours of one plane are written with as many
Planes = dict[tuple[int, float], list[NDArray[np.float64]]]


def fill_contours(contours: ContourSet, grid: Grid, frame_of_reference: str) -> DrawnMask:
    """Return the mask: voxels whose centre lies inside; a contour inside another of its plane cuts a hole.

    Where regions of one label overlap the voxel belongs to the label; where labels overlap, to the first. Raises
    MedmtlError where the coordinate systems differ, a contour lies outside the grid or contours skip slices.
    """
    for region in (region for drawn in contours.labels.values() for region in drawn):
        if region.frame_of_reference != frame_of_reference:
            found = f"{region.frame_of_reference or 'none'} and {frame_of_reference or 'none'}"
            raise MedmtlError(f"{contours.path}: contours and image must share a frame of reference. Found {found}.")
    notes: list[str] = []
    inside = [(label, _label(drawn, grid, contours.path, notes)) for label, drawn in contours.labels.items()]
    image, overlaps = unite(inside, grid)
    names = {label: tuple(region.name for region in drawn) for label, drawn in contours.labels.items()}
    return DrawnMask(image, names, (*contours.notes, *notes, *overlaps))


def _label(regions: tuple[Contours, ...], grid: Grid, path: Path, notes: list[str]) -> NDArray[np.bool_]:
    inside = np.zeros(grid.size[::-1], dtype=np.bool_)
    for region in regions:
        planes = _planes(region, grid, path)
        drawn = _nearest(planes)
        if len(drawn) < len(planes):
            notes.append(f"{region.name} is drawn closer than the image's slices; the nearest contours are used")
        _check_dense(sorted(drawn), region.name, path, notes)
        for index, depth in drawn.items():
            inside[index] |= _fill(planes[index, depth], inside.shape[1:])
    return inside


def _planes(region: Contours, grid: Grid, path: Path) -> Planes:
    """Return the polygons, [n, 2] in rows and columns, by slice and depth within it, as one plane may hold several."""
    planes: Planes = {}
    for polygon in region.polygons:
        indices = _continuous_indices(polygon, grid)
        index = _slice(indices, grid, region.name, path)
        depth = round(float(indices[:, 2].mean()) - index, SAME_PLANE)
        planes.setdefault((index, depth), []).append(indices[:, [1, 0]])
    return planes


def _nearest(planes: Planes) -> dict[int, float]:
    """Return the plane nearest to each slice; two planes in one slice must not cut each other."""
    nearest: dict[int, float] = {}
    for index, depth in planes:
        if abs(depth) < abs(nearest.get(index, np.inf)):
            nearest[index] = depth
    return nearest


def _check_dense(slices: list[int], name: str, path: Path, notes: list[str]) -> None:
    """Raise MedmtlError where no two contours are neighbours: they are drawn on another image's slices."""
    steps = np.diff(slices)
    if len(steps) > 1 and steps.min() > 1:
        found = f"a contour every {np.median(steps):g} slices"
        raise MedmtlError(f"{path}: {name} must be drawn on the image's slices. Found {found}.")
    if (steps > 1).any():
        notes.append(f"{name}: {int((steps - 1).sum())} slices between its contours have none")


def _fill(polygons: list[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        inside ^= polygon2mask(shape, polygon)
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
