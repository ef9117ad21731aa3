"""The shape of a region, as PyRadiomics measures it."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.diameters import diameters
from medmtl.features.engine.surface import mesh_measures

Floats = NDArray[np.float64]
ROUNDING = 1e-10  # eigenvalues of a flat region may fall below 0 by this much


def shape_measures(inside: NDArray[np.bool_], spacing: Floats) -> dict[str, float]:
    """Return all measures of a region (z, y, x) that holds a voxel; spacing [mm] in the same order."""
    surface, volume = mesh_measures(inside, spacing)
    planes = diameters(inside, spacing)
    ball = float((36 * np.pi * volume**2) ** (1 / 3))
    return {
        "MeshVolume": volume,
        "VoxelVolume": float(np.count_nonzero(inside) * spacing.prod()),
        "SurfaceArea": surface,
        "SurfaceVolumeRatio": surface / volume,
        "Sphericity": ball / surface,
        "Compactness1": volume / (surface**1.5 * float(np.sqrt(np.pi))),
        "Compactness2": 36 * float(np.pi) * volume**2 / surface**3,
        "SphericalDisproportion": surface / ball,
        "Maximum3DDiameter": planes[3],
        "Maximum2DDiameterSlice": planes[0],
        "Maximum2DDiameterColumn": planes[1],
        "Maximum2DDiameterRow": planes[2],
        **_axes(inside, spacing),
    }


def _axes(inside: NDArray[np.bool_], spacing: Floats) -> dict[str, float]:
    points = np.argwhere(np.pad(inside, 1)) * spacing[None, :]  # padded as PyRadiomics', so that rounding is the same
    points -= points.mean(axis=0)
    points /= np.sqrt(len(points))
    found = np.real(np.linalg.eigvals(points.T.copy() @ points))
    found[(found < 0) & (found > -ROUNDING)] = 0
    least, minor, major = np.sort(found)
    with np.errstate(invalid="ignore", divide="ignore"):  # a negative eigenvalue has no axis: NaN
        return {
            "MajorAxisLength": float(np.sqrt(major) * 4),
            "MinorAxisLength": float(np.sqrt(minor) * 4),
            "LeastAxisLength": float(np.sqrt(least) * 4),
            "Elongation": float(np.sqrt(minor / major)),
            "Flatness": float(np.sqrt(least / major)),
        }
