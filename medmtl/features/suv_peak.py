"""Finds SUVpeak: the mean in a sphere of 1 mL, which one noisy voxel hardly moves.

Source: IBSI reference manual (Zwanenburg A et al., arXiv:1612.07003), local (VJGA) and global (0F91) intensity peak.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Spacing = tuple[float, float, float]

RADIUS_MM = (3000.0 / (4.0 * np.pi)) ** (1.0 / 3.0)  # of a sphere of 1000 mm3: 6.2 mm


def suv_peaks(suv: Floats, inside: NDArray[np.bool_], spacing: Spacing) -> dict[str, float]:
    """Return `suv_peak`, the highest mean of the spheres around the mask's voxels, and `suv_peak_at_max` [g/mL].

    The latter is of the sphere around the mask's hottest voxel; of several equally hot, the highest. A sphere holds the
    voxels whose centres lie within `RADIUS_MM`, also those outside the mask, but none outside the image and none that
    is not finite. `suv` and the mask, which has a voxel at least, are z, y, x; `spacing` [mm] is in the same order.
    """
    voxels = np.argwhere(inside)
    means = _sphere_means(suv, voxels, _sphere(spacing))
    values = suv[inside]
    return {"suv_peak": float(means.max()), "suv_peak_at_max": float(means[values == values.max()].max())}


def _sphere(spacing: Spacing) -> NDArray[np.int_]:
    """Return the steps [n, 3] from a voxel to those in the sphere around it."""
    reaches = [range(-int(RADIUS_MM / step), int(RADIUS_MM / step) + 1) for step in spacing]
    steps = np.array(list(product(*reaches)))
    within: NDArray[np.int_] = steps[((steps * spacing) ** 2).sum(axis=1) <= RADIUS_MM**2]
    return within


def _sphere_means(suv: Floats, voxels: NDArray[np.int_], sphere: NDArray[np.int_]) -> Floats:
    total, count = np.zeros(len(voxels)), np.zeros(len(voxels))
    last = np.array(suv.shape) - 1
    for step in sphere:
        there = voxels + step
        exists = ((there >= 0) & (there <= last)).all(axis=1)
        value = suv[tuple(np.clip(there, 0, last).T)]
        known = exists & np.isfinite(value)
        total += np.where(known, value, 0.0)
        count += known
    mean: Floats = total / count  # the voxel itself always counts
    return mean
