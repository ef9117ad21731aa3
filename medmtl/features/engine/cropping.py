"""Interpolates near a region what PyRadiomics interpolates over a whole image, to the same values."""

from itertools import product

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

MARGIN_VOXELS = 24  # the spline's memory is 0.27 per voxel, so 24 voxels leave less than double precision holds
EDGE_VOXELS = 1e-6  # a point this near to the image's edge counts as inside or outside by rounding alone


def crop(image: sitk.Image, first: NDArray[np.int64], last: NDArray[np.int64], pad: int) -> sitk.Image:
    """Return the box between two indices (x, y, z), both included, with a margin as far as the image goes."""
    low = np.maximum(first - pad, 0)
    high = np.minimum(last + pad, np.array(image.GetSize()) - 1)
    return sitk.RegionOfInterest(image, (high - low + 1).tolist(), low.tolist())


def near(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Return as much of the image as a spline at the points of a grid depends on.

    Where points reach an axis' far edge, what lies before them stays, so that positions are computed as in the whole.
    """
    corners = product(*((0, size - 1) for size in grid.GetSize()))
    points = (grid.TransformIndexToPhysicalPoint(corner) for corner in corners)
    indices = np.array([image.TransformPhysicalPointToContinuousIndex(point) for point in points])
    low, high, size = indices.min(axis=0), indices.max(axis=0), np.array(image.GetSize())
    at_edge = high > size - 0.5 - EDGE_VOXELS
    first = np.where(at_edge, 0, np.floor(low)).astype(np.int64)
    return crop(image, first, np.ceil(high).astype(np.int64), MARGIN_VOXELS)


def blank(
    size: list[int], spacing: NDArray[np.float64], origin: tuple[float, ...], direction: tuple[float, ...]
) -> sitk.Image:
    """Return an empty image on the grid with this size, spacing and origin (x, y, z)."""
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return image


def clamped(image: sitk.Image, limits: tuple[float, float] | None) -> sitk.Image:
    """Return the image with values beyond the limits set to them."""
    return image if limits is None else sitk.Clamp(image, image.GetPixelID(), *limits)
