"""The PET on a coarse upright grid, and where a box holds the most of its uptake."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medmtl.imaging.grid import continuous_index, points_at, working_grid
from medmtl.imaging.region.base import Scans
from medmtl.imaging.resample import resample_linear
from medmtl.imaging.upright import along_grid, upright
from medmtl.imaging.voxel_box import Box, box_around, box_that_covers, part_of
from medmtl.records import Grid, Image

_COARSE_MM = 6.0  # about what a PET resolves
_MARGIN_VOXELS = 2
_NEARLY = 0.98  # boxes with this part of the most uptake are as good as the best

Field = NDArray[np.float32]


def coarse_pet(scans: Scans, within: Box) -> Image:
    """Return the SUV in this part of the CT every 6 mm, upright; 0 where there is no PET."""
    grid = working_grid(part_of(scans.ct.grid, within), (_COARSE_MM, _COARSE_MM, _COARSE_MM))
    near = box_that_covers(scans.pet.grid, grid, _MARGIN_VOXELS)
    if near is None:
        return upright(Image(np.zeros(grid.size[::-1], np.float32), grid))
    return upright(resample_linear(scans.pet.read(near), grid, outside=0.0))


def heat(suv: NDArray[np.generic], floor: float, ceiling: float) -> Field:
    """Return by how much SUV exceeds `floor`, at most as that of `ceiling`: no organ outweighs others by its peak."""
    return np.asarray(np.clip(suv.astype(np.float32), floor, ceiling) - np.float32(floor))


def fullest(field: Field, spacing: tuple[float, float, float], size_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle [voxels x, y, z] of the box of this size that holds the most of the field [z, y, x].

    Among all that hold nearly as much it is the middle one, so that what is held lies in the middle of the box. The
    field must not be 0 everywhere.
    """
    edge = [2 * ((int(mm / step) - 1) // 2) + 1 for mm, step in zip(size_mm[::-1], spacing[::-1], strict=True)]
    held = ndimage.uniform_filter(field.astype(np.float64), [max(n, 1) for n in edge], mode="constant")
    good = np.argwhere(held >= _NEARLY * held.max())
    away = (((good - good.mean(axis=0)) * np.array(spacing[::-1])) ** 2).sum(axis=1)
    return np.asarray(good[np.argmin(away)][::-1].astype(np.float64))


def box_at(centre: NDArray[np.float64], coarse: Grid, size_mm: NDArray[np.float64], ct: Grid, within: Box) -> Box:
    """Return the CT's box of this size about a voxel of a coarse upright grid, moved into `within`."""
    index = continuous_index(ct, points_at(coarse, centre[None]))[0]
    return box_around(index, along_grid(size_mm, ct) / np.array(ct.spacing), within)
