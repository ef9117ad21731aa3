"""The longest distances between points of the mesh around a region, from the few points that can be their ends.

The mesh has a point half-way between every voxel of the region and each of its six neighbours outside. The ends of the
longest distance are corners of the convex hull, and those belong to voxels that are first or last in all their rows.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from medmtl.features.engine.jit import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEW = 1000  # pairs of so many points are compared sooner than their hull is found


def diameters(inside: Bools, spacing: Floats) -> tuple[float, float, float, float]:
    """Return the longest distance [mm] in a plane of fixed z, of fixed y, of fixed x, and in space; (z, y, x) order."""
    ends = [_first_and_last(inside, axis) for axis in range(3)]
    planes = [max(_in_planes(ends, axis, spacing), _between_planes(inside, axis, spacing)) for axis in range(3)]
    corners = np.argwhere(np.logical_and.reduce([first | last for first, last in ends]))
    space = _longest(_hull(_faces(corners, ends, (0, 1, 2))) * spacing)
    return planes[0], planes[1], planes[2], float(np.sqrt(space))


def _first_and_last(inside: Bools, axis: int) -> tuple[Bools, Bools]:
    along = np.moveaxis(inside, axis, -1)
    rows = np.nonzero(along.any(axis=-1))
    found = []
    for place in (along.argmax(axis=-1), along.shape[-1] - 1 - along[..., ::-1].argmax(axis=-1)):
        end = np.zeros_like(along)
        end[(*rows, place[rows])] = True
        found.append(np.moveaxis(end, -1, axis))
    return found[0], found[1]


def _faces(voxels: NDArray[np.int_], ends: list[tuple[Bools, Bools]], axes: tuple[int, ...]) -> Floats:
    points = []
    for axis in axes:
        for end, half in zip(ends[axis], (-0.5, 0.5), strict=True):
            on_face = voxels[end[tuple(voxels.T)]].astype(np.float64)
            on_face[:, axis] += half
            points.append(on_face)
    return np.concatenate(points)


def _in_planes(ends: list[tuple[Bools, Bools]], fixed: int, spacing: Floats) -> float:
    across = [axis for axis in range(3) if axis != fixed]
    both = np.logical_and.reduce([ends[axis][0] | ends[axis][1] for axis in across])
    points = _faces(np.argwhere(both), ends, (across[0], across[1]))
    return _longest_per_plane(points[np.argsort(points[:, fixed], kind="stable")], fixed, spacing)


def _between_planes(inside: Bools, fixed: int, spacing: Floats) -> float:
    padding = [(1, 1) if axis == fixed else (0, 0) for axis in range(3)]
    padded = np.moveaxis(np.pad(inside, padding), fixed, 0)
    changes: Bools = np.moveaxis(padded[1:] ^ padded[:-1], 0, fixed)
    across = [axis for axis in range(3) if axis != fixed]
    ends = [np.logical_or(*_first_and_last(changes, axis)) for axis in across]
    points = np.argwhere(ends[0] & ends[1]).astype(np.float64)
    return _longest_per_plane(points[np.argsort(points[:, fixed], kind="stable")], fixed, spacing)


def _longest_per_plane(points: Floats, fixed: int, spacing: Floats) -> float:
    across = [axis for axis in range(3) if axis != fixed]
    starts = np.flatnonzero(np.diff(points[:, fixed], prepend=-1.0))
    bounds = np.append(starts, len(points)).astype(np.int64)
    return float(np.sqrt(_longest_in_groups(points[:, across] * spacing[across], bounds)))


def _hull(points: Floats) -> Floats:
    if len(points) <= FEW:
        return points
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:  # all in one plane
        return points


@compiled
def _longest(points: Floats) -> float:
    longest = 0.0
    for i in range(len(points)):
        for j in range(i):
            square = 0.0
            for axis in range(points.shape[1]):
                apart = points[i, axis] - points[j, axis]
                square += apart * apart
            longest = max(longest, square)
    return longest


@compiled
def _longest_in_groups(points: Floats, bounds: NDArray[np.int64]) -> float:
    longest = 0.0
    for group in range(bounds.size - 1):
        part = points[bounds[group] : bounds[group + 1]]
        reach = 0.0  # no two points are further apart than the corners of their box
        for axis in range(points.shape[1]):
            extent = part[:, axis].max() - part[:, axis].min()
            reach += extent * extent
        if reach > longest:
            longest = max(longest, _longest(part))
    return longest
