"""Finds SUVpeak: the mean in a sphere of 1 mL, which one noisy voxel hardly moves.

Source: IBSI reference manual (Zwanenburg A et al., arXiv:1612.07003), local (VJGA) and global (0F91) intensity peak.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

Floats = NDArray[np.float64]
Spacing = tuple[float, float, float]

RADIUS_MM = (3000.0 / (4.0 * np.pi)) ** (1.0 / 3.0)  # of a sphere of 1000 mm3: 6.2 mm


def suv_peaks(suv: Floats, inside: NDArray[np.bool_], spacing: Spacing) -> dict[str, float]:
    """Return `suv_peak`, the highest mean of the spheres around the mask's voxels, and `suv_peak_at_max` [g/mL].

    The latter is of the sphere around the mask's hottest voxel; of several equally hot, the highest. A sphere holds the
    voxels whose centres lie within `RADIUS_MM`, also those outside the mask, but none outside the image and none that
    is not finite. `suv` and the mask, which has a voxel at least, are z, y, x; `spacing` [mm] is in the same order.
    """
    near = tuple(_near(line, step) for line, step in zip(_lines(inside), spacing, strict=True))
    means = _sphere_means(suv[near], _sphere(spacing))[inside[near]]
    values = suv[inside]
    return {"suv_peak": float(means.max()), "suv_peak_at_max": float(means[values == values.max()].max())}


def _lines(inside: NDArray[np.bool_]) -> list[NDArray[np.int_]]:
    return [np.flatnonzero(inside.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]


def _near(line: NDArray[np.int_], step: float) -> slice:
    margin = int(RADIUS_MM / step)
    return slice(max(int(line[0]) - margin, 0), int(line[-1]) + 1 + margin)


def _sphere(spacing: Spacing) -> Floats:
    """Return 1 for the voxels in the sphere around the middle one, else 0."""
    reaches = [np.arange(-int(RADIUS_MM / step), int(RADIUS_MM / step) + 1) * step for step in spacing]
    z, y, x = np.meshgrid(*reaches, indexing="ij")
    sphere: Floats = (z**2 + y**2 + x**2 <= RADIUS_MM**2).astype(np.float64)
    return sphere


def _sphere_means(suv: Floats, sphere: Floats) -> Floats:
    known = np.isfinite(suv)
    total = convolve(np.where(known, suv, 0.0).astype(np.float64), sphere, mode="constant")
    mean: Floats = total / np.maximum(convolve(known.astype(np.float64), sphere, mode="constant"), 1.0)
    return mean
