"""Looks up one image at the voxels of another, by the nearest voxel: cheap, and without a copy of either."""

import numpy as np
from numpy.typing import NDArray

from medmtl.imaging.grid import continuous_index, points_at
from medmtl.records import Image

_BODY_HU = -500.0  # between air and fat
_PROBES = 1e5  # of the PET's voxels, enough for a median


def suv_in_mask(pet: Image, mask: Image) -> NDArray[np.float32]:
    """Return the SUV [g/mL] at every labelled voxel of the mask that lies in the PET."""
    index = np.argwhere(mask.array != 0)[:, ::-1].astype(np.float64)
    return look_up(pet, points_at(mask.grid, index))[0]


def suv_of_body(pet: Image, ct: Image) -> NDArray[np.float32]:
    """Return the SUV at regular probes of the PET where the CT shows the body (above -500 HU)."""
    step = max(1, round((pet.array.size / _PROBES) ** (1 / 3)))
    axes = [np.arange(0, n, step) for n in pet.array.shape]
    index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    suv = pet.array[tuple(index.T)].astype(np.float32)
    hu, found = look_up(ct, points_at(pet.grid, index[:, ::-1].astype(np.float64)))
    body: NDArray[np.float32] = suv[found][hu > _BODY_HU]
    return body


def look_up(image: Image, points_mm: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the values at those of the points [N, 3] that lie in the image, and which these are [N]."""
    index = np.rint(continuous_index(image.grid, points_mm)).astype(np.int64)
    found = ((index >= 0) & (index < np.array(image.grid.size))).all(axis=1)
    return image.array[tuple(index[found][:, ::-1].T)].astype(np.float32), np.asarray(found, dtype=np.bool_)
