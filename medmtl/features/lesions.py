"""Divides a mask into lesions, and tells how far they lie apart."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import center_of_mass, label
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

Inside = NDArray[np.bool_]
Floats = NDArray[np.float64]

FLAT = 1e-9  # second extent over the first, below which points lie on a line but for rounding


def lesions(inside: Inside) -> tuple[NDArray[np.int32], int]:
    """Return the number of each voxel's lesion (z, y, x), 0 outside, and how many lesions there are.

    A lesion is a connected component; voxels that share a face, an edge or a corner are connected. The largest is 1;
    of equals, the one that comes first in the array.
    """
    numbered, count = label(inside, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    rank = np.zeros(count + 1, dtype=np.int32)
    rank[np.argsort(-sizes, kind="stable") + 1] = np.arange(1, count + 1)
    return rank[numbered], count


def spread(inside: Inside, spacing: tuple[float, float, float]) -> dict[str, float]:
    """Return `n_lesions`, `dmax_mm` and `dmax_voxels_mm` of a mask (z, y, x) with its spacing [mm].

    `dmax_mm` is the largest distance between the centroids of two lesions, 0 for one lesion or none (Cottereau AS et
    al., 18F-FDG PET dissemination features in diffuse large B-cell lymphoma, J Nucl Med 61:40, 2020). `dmax_voxels_mm`
    is the largest distance between the centres of two voxels, whichever lesions they belong to.
    """
    lines = [np.flatnonzero(inside.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if lines[0].size:
        inside = inside[tuple(slice(int(line[0]), int(line[-1]) + 1) for line in lines)]
    numbered, count = lesions(inside)
    centroids = np.array(center_of_mass(inside, numbered, range(1, count + 1))).reshape(-1, 3) * spacing
    return {
        "n_lesions": float(count),
        "dmax_mm": _largest_distance(centroids),
        "dmax_voxels_mm": _largest_distance(_extremes(inside) * spacing),
    }


def _extremes(inside: Inside) -> Floats:
    """Return the first and last voxel [n, 3] of every line along x; the two voxels furthest apart are among them."""
    lines = inside.any(axis=2)
    first, last = inside.argmax(axis=2)[lines], inside.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)[lines]
    where = np.argwhere(lines)
    ends = [np.column_stack([where, column]) for column in (first, last)]
    return np.unique(np.concatenate(ends), axis=0).astype(np.float64)


def _largest_distance(points: Floats) -> float:
    if len(points) < 2:
        return 0.0
    try:
        points = points[ConvexHull(points).vertices]
    except QhullError:  # few points, or all in one plane or line: what is left is short enough
        points = _flat_extremes(points)
    return float(pdist(points).max())


def _flat_extremes(points: Floats) -> Floats:
    """Return fewer points of a plane or line, the two furthest among them."""
    centred = points - points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    if sizes[1] <= FLAT * sizes[0]:
        return points[[int(plane[:, 0].argmin()), int(plane[:, 0].argmax())]]
    return points if len(points) < 4 else points[ConvexHull(plane).vertices]
