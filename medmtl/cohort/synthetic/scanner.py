"""What a centre's scanner makes of the truth: a CT with noise, a blurred PET with noise, on grids of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.ndimage import gaussian_filter

from medmtl.cohort.synthetic.settings import ScannerSettings
from medmtl.cohort.synthetic.waves import Array
from medmtl.records import Grid, Image

Points: TypeAlias = tuple[Array, Array, Array]
Scene: TypeAlias = Callable[[Points], tuple[Array, Array, Array]]  # points [mm] -> HU, uptake, tumour (1 or 0)

SHARPER = 2  # the PET's truth is read at this many points per voxel and axis, then averaged
FWHM_PER_SIGMA = 2.355
PET_MARGIN_MM = 14.0  # by which the PET reaches further than the CT, on average, at each side


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What one examination yields: CT [HU], PET [g/mL], the mask on the CT's grid, the true uptake in the tumour."""

    ct: Image
    pet: Image
    mask: Image
    tumour_uptake: Array


def acquire(scene: Scene, scanner: ScannerSettings, field_mm: float, rng: np.random.Generator) -> Acquisition:
    """Image the scene; the patient lies somewhere in the scanner, so that no origin is 0."""
    isocentre = rng.uniform(-60, 60, size=3).round(1)
    ct_grid = _cube(field_mm, scanner.ct_spacing, isocentre)
    hu, uptake, inside = scene(_points(ct_grid, isocentre, 1))
    noisy = hu + scanner.ct_offset + rng.normal(0, scanner.ct_noise, size=hu.shape)
    ct = Image(np.clip(noisy, -1024, 3071).round().astype(np.int16), ct_grid)
    mask = Image((inside > 0).astype(np.uint8), ct_grid)
    return Acquisition(ct, _pet(scene, scanner, field_mm, isocentre, rng), mask, uptake[inside > 0])


def _pet(scene: Scene, scanner: ScannerSettings, field_mm: float, isocentre: Array, rng: np.random.Generator) -> Image:
    shift = rng.uniform(-4, 4, size=3).round(2)
    grid = _cube(field_mm + 2 * PET_MARGIN_MM, scanner.pet_spacing, isocentre + shift)
    uptake = _mean_of_blocks(scene(_points(grid, isocentre, SHARPER))[1])
    blurred = gaussian_filter(uptake, scanner.pet_fwhm / FWHM_PER_SIGMA / scanner.pet_spacing, mode="nearest")
    grain = gaussian_filter(rng.normal(size=blurred.shape), 0.6)  # neighbours share noise after reconstruction
    noisy = blurred + scanner.pet_noise * np.sqrt(blurred) * grain / grain.std()
    return Image((scanner.pet_scale * noisy).clip(min=0).round(3).astype(np.float32), grid)


def _cube(edge_mm: float, spacing: float, middle: Array) -> Grid:
    count = round(edge_mm / spacing)
    x, y, z = (float(value - (count - 1) * spacing / 2) for value in middle)
    return Grid((count, count, count), (spacing, spacing, spacing), (x, y, z))


def _points(grid: Grid, isocentre: Array, sharper: int) -> Points:
    """Return x [1, 1, nx], y [1, ny, 1] and z [nz, 1, 1] in the body's frame, `sharper` per voxel and axis."""
    axes = zip(grid.size, grid.spacing, grid.origin, isocentre, strict=True)
    x, y, z = (o + s * ((np.arange(n * sharper) + 0.5) / sharper - 0.5) - middle for n, s, o, middle in axes)
    return x[None, None, :], y[None, :, None], z[:, None, None]


def _mean_of_blocks(fine: Array) -> Array:
    nz, ny, nx = (n // SHARPER for n in fine.shape)
    coarse: Array = fine.reshape(nz, SHARPER, ny, SHARPER, nx, SHARPER).mean(axis=(1, 3, 5))
    return coarse
