"""Moves an image onto another grid by geometry, never by index."""

from math import ceil, log, sqrt

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.imaging.image import from_sitk, to_sitk
from medmtl.imaging.voxel_box import Box, box_that_covers, part_of
from medmtl.records import Grid, Image

_FWHM_PER_SIGMA = 2 * sqrt(2 * log(2))
_MIN_VOXELS = 4  # SimpleITK's recursive Gaussian needs four voxels along an axis


def resample_linear(image: Image, grid: Grid, outside: float) -> Image:
    """Return the image on the grid, float32, by linear interpolation; `outside` where the image has no voxel.

    Where the grid is coarser than the image, the image is first smoothed to the grid's resolution, so that fine
    structure is averaged instead of being met or missed by chance.
    """
    fine = _smoothed(sitk.Cast(to_sitk(image), sitk.sitkFloat32), grid)
    return from_sitk(_onto(fine, grid, sitk.sitkLinear, outside))


def resample_labels(mask: Image, grid: Grid, labels: tuple[int, ...]) -> Image:
    """Return the mask on the grid, uint8: class k where label k of `labels` (from 1) fills most of a voxel, else 0."""
    empty = np.full(grid.size[::-1], 0.5, dtype=np.float32)
    shares: list[NDArray[np.float32]] = [empty]
    for label in labels:
        one = Image((mask.array == label).astype(np.float32), mask.grid)
        shares.append(resample_linear(one, grid, 0.0).array.astype(np.float32) + 1e-6)  # a tie goes to the label
    return Image(np.argmax(np.stack(shares), axis=0).astype(np.uint8), grid)


def resample_probability(probability: Image, grid: Grid) -> Image:
    """Return a probability map on a finer grid by linear interpolation, its border carried on outwards."""
    image = sitk.Cast(to_sitk(probability), sitk.sitkFloat32)
    near = sitk.Resample(
        image,
        to_reference(grid),
        sitk.Transform(),
        sitk.sitkLinear,
        0.0,
        sitk.sitkFloat32,
        useNearestNeighborExtrapolator=True,
    )
    return from_sitk(near)


def box_near(grid: Grid, target: Grid) -> Box:
    """Return the part of `grid` that an image on it is resampled to `target` from: all around it and a margin.

    The margin holds what smoothing reaches: twelve standard deviations of it, or two voxels.
    """
    coarse = max(target.spacing) / min(grid.spacing)
    margin = max(2, ceil(12 * coarse / _FWHM_PER_SIGMA))
    return box_that_covers(grid, target, margin) or Box((0, 0, 0), (1, 1, 1))


def near(image: Image, target: Grid) -> Image:
    """Return the part of the image that matters where it is resampled to `target`."""
    box = box_near(image.grid, target)
    return Image(image.array[box.slices], part_of(image.grid, box))


def to_reference(grid: Grid) -> sitk.Image:
    """Return an image without content that stands for the grid."""
    reference = sitk.Image(grid.size, sitk.sitkUInt8)
    reference.SetSpacing(grid.spacing)
    reference.SetOrigin(grid.origin)
    reference.SetDirection(grid.direction)
    return reference


def _onto(image: sitk.Image, grid: Grid, interpolator: int, outside: float) -> sitk.Image:
    return sitk.Resample(image, to_reference(grid), sitk.Transform(), interpolator, outside, sitk.sitkFloat32)


def _smoothed(image: sitk.Image, grid: Grid) -> sitk.Image:
    for axis, (fine, coarse) in enumerate(zip(image.GetSpacing(), _steps_along(image, grid), strict=True)):
        if coarse > fine * 1.01 and image.GetSize()[axis] >= _MIN_VOXELS:
            sigma = sqrt(coarse**2 - fine**2) / _FWHM_PER_SIGMA
            image = sitk.RecursiveGaussian(image, sigma=sigma, direction=axis)
    return image


def _steps_along(image: sitk.Image, grid: Grid) -> list[float]:
    """Return the grid's spacing along each axis of the image: that of its most parallel axis."""
    own, other = (np.array(direction).reshape(3, 3) for direction in (image.GetDirection(), grid.direction))
    return [grid.spacing[axis] for axis in np.abs(own.T @ other).argmax(axis=1).tolist()]
