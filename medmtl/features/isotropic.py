"""Resamples images around a region to one spacing, on the same points as PyRadiomics does for the whole images.

PyRadiomics anchors its points at the corner of the mask's first voxel and interpolates the whole image. The points are
the same here, but only what surrounds the region is interpolated, so that the cost follows the tumour, not the scan.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.imaging.resample import to_reference
from medmtl.records import Grid

MARGIN_VOXELS = 24  # the spline's memory is 0.27 per voxel, so 24 voxels leave less than single precision can hold


def isotropic_grid(region: sitk.Image, spacing_mm: float, pad_voxels: int) -> Grid:
    """Return the points at `spacing_mm` that cover the bounding box of a non-empty region and a margin around it.

    `region` is 1 inside and 0 outside. The points never leave the region's own image.
    """
    spacing, size = np.array(region.GetSpacing()), np.array(region.GetSize())
    first, last = bounding_box(region)
    ratio = spacing / spacing_mm
    low = np.maximum(np.floor((first - 0.5) * ratio - pad_voxels), 0)
    high = np.minimum(np.ceil((last + 0.5) * ratio + pad_voxels), np.ceil(size * ratio) - 1)
    origin_index = 0.5 * (spacing_mm - spacing) / spacing + low / ratio
    x, y, z = (high - low + 1).astype(int).tolist()
    origin = region.TransformContinuousIndexToPhysicalPoint(origin_index.tolist())
    return Grid((x, y, z), (spacing_mm, spacing_mm, spacing_mm), origin, region.GetDirection())


def moved(grid: Grid, shift: float) -> Grid:
    """Return the grid with every point moved by a share of the spacing along each of its axes."""
    steps = np.array(grid.direction).reshape(3, 3) @ (shift * np.array(grid.spacing))
    x, y, z = (np.array(grid.origin) + steps).tolist()
    return replace(grid, origin=(x, y, z))


def bounding_box(region: sitk.Image) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Return the first and the last index (x, y, z) of what is not 0; the region must not be empty."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(region))[:, ::-1]
    return inside.min(axis=0), inside.max(axis=0)


def resample_near(image: sitk.Image, grid: Grid, interpolator: int) -> sitk.Image:
    """Interpolate the image at the grid's points, reading only a margin around them; 0 outside the image."""
    blank = to_reference(grid)
    low, high = _covered_indices(image, blank, MARGIN_VOXELS)
    if (high < low).any():
        return sitk.Cast(blank, image.GetPixelID())
    near = sitk.RegionOfInterest(image, (high - low + 1).tolist(), low.tolist())
    return sitk.Resample(near, blank, sitk.Transform(), interpolator, 0.0, image.GetPixelID())


def covers(image: sitk.Image, region: sitk.Image) -> bool:
    """Whether the region's bounding box lies within the image's outermost voxels, to a voxel's half."""
    first, last = bounding_box(region)
    box = sitk.RegionOfInterest(region, (last - first + 1).tolist(), first.tolist())
    low, high = _corner_range(image, box)
    return bool((low >= -1.0).all() and (high <= np.array(image.GetSize())).all())


def _covered_indices(image: sitk.Image, other: sitk.Image, margin: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    low, high = _corner_range(image, other)
    first = np.maximum(np.floor(low).astype(int) - margin, 0)
    return first, np.minimum(np.ceil(high).astype(int) + margin, np.array(image.GetSize()) - 1)


def _corner_range(image: sitk.Image, other: sitk.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = product(*((0, size - 1) for size in other.GetSize()))
    points = (other.TransformIndexToPhysicalPoint(corner) for corner in corners)
    indices = np.array([image.TransformPhysicalPointToContinuousIndex(point) for point in points])
    return indices.min(axis=0), indices.max(axis=0)
