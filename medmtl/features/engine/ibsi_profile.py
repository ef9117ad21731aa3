"""IBSI's image processing (Zwanenburg A et al., arXiv:1612.07003), up to the morphological and the intensity mask."""

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.checks import TOLERANCE_MM, box_of, check_geometry, check_size, whole_labels
from medmtl.features.engine.cropping import blank, clamped, near
from medmtl.features.engine.ibsi_settings import IbsiSettings
from medmtl.features.engine.prepared import Prepared, Subject
from medmtl.features.engine.region import Region, region_of
from medmtl.features.engine.result import RefusedError, RegionStatus
from medmtl.features.engine.settings import ProfileSettings

INTERPOLATORS = {"nearest": sitk.sitkNearestNeighbor, "linear": sitk.sitkLinear, "cubic": sitk.sitkBSpline}
TIE = 1e-6  # a share of exactly one half is computed as a little more or less
WHOLE = 1e-3  # voxels: a size that is a whole number but for spacings in single precision
Box = tuple[NDArray[np.int64], NDArray[np.int64]]


def prepare_ibsi(image: sitk.Image, masks: Mapping[str, sitk.Image], settings: ProfileSettings, label: int) -> Prepared:
    """Return the image and its regions, interpolated on a grid whose centre is the image's, and re-segmented.

    With several regions, the image is cropped around all of them.
    """
    subjects: dict[str, Subject | RefusedError] = {}
    found: dict[str, tuple[sitk.Image, Box, int]] = {}
    for name, mask in masks.items():
        try:
            check_geometry(image, mask, TOLERANCE_MM)
            whole = whole_labels(mask, settings.probability_threshold)
            first, last, count = box_of(whole, label)
            found[name] = whole, (first, last), count
        except RefusedError as refused:
            subjects[name] = refused
    if not found:
        return Prepared(image, subjects, image.GetSpacing())
    how = settings.ibsi
    first = np.min([one[1][0] for one in found.values()], axis=0)
    last = np.max([one[1][1] for one in found.values()], axis=0)
    grid = _grid(image, (first, last), how)
    fine = _interpolated(image, grid, settings)
    for name, (mask, _, count) in found.items():
        subjects[name] = _subject(fine, _inside(mask, label, grid, how), count, how)
    lowest = None if how.resegment_range is None else how.resegment_range[0]
    return Prepared(fine, {name: subjects[name] for name in masks}, image.GetSpacing(), lowest)


def _grid(image: sitk.Image, box: Box, how: IbsiSettings) -> sitk.Image:
    """Return the part around a box of the grid that shares its centre with the image (IBSI, fig. 2.4)."""
    own, size = np.array(image.GetSpacing()), np.array(image.GetSize())
    asked = np.zeros(3) if how.spacing_mm is None else np.array(how.spacing_mm)
    spacing = np.where(asked == 0, own, asked)
    ratio = spacing / own
    number = np.ceil(size / ratio - WHOLE)
    start = 0.5 * (size - 1) - 0.5 * (number - 1) * ratio
    low = np.maximum(np.floor((box[0] - 1 - start) / ratio) - how.pad_voxels, 0)
    high = np.minimum(np.ceil((box[1] + 1 - start) / ratio) + how.pad_voxels, number - 1)
    origin = image.TransformContinuousIndexToPhysicalPoint((start + low * ratio).tolist())
    return blank((high - low + 1).astype(int).tolist(), spacing, origin, image.GetDirection())


def _interpolated(image: sitk.Image, grid: sitk.Image, settings: ProfileSettings) -> sitk.Image:
    how = settings.ibsi
    source = sitk.Cast(clamped(near(image, grid), settings.clamp), sitk.sitkFloat64)
    interpolates = how.spacing_mm is not None
    fine = _resampled(source, grid, INTERPOLATORS[how.interpolation] if interpolates else sitk.sitkNearestNeighbor)
    if how.round_to is None or not interpolates:
        return fine
    values = sitk.GetArrayFromImage(fine)
    rounded = sitk.GetImageFromArray(np.floor(values / how.round_to + 0.5) * how.round_to)
    rounded.CopyInformation(fine)
    return rounded


def _resampled(image: sitk.Image, grid: sitk.Image, interpolator: int) -> sitk.Image:
    resample = sitk.ResampleImageFilter()
    resample.SetReferenceImage(grid)
    resample.SetInterpolator(interpolator)
    resample.SetOutputPixelType(image.GetPixelID())
    resample.UseNearestNeighborExtrapolatorOn()  # the outermost points may lie up to half a voxel outside
    return resample.Execute(image)


def _inside(mask: sitk.Image, label: int, grid: sitk.Image, how: IbsiSettings) -> NDArray[np.bool_]:
    share = _resampled(sitk.Cast(near(mask, grid) == label, sitk.sitkFloat64), grid, sitk.sitkLinear)
    inside: NDArray[np.bool_] = sitk.GetArrayViewFromImage(share) >= how.mask_threshold - TIE
    return inside


def _subject(image: sitk.Image, inside: NDArray[np.bool_], count: int, how: IbsiSettings) -> Subject | RefusedError:
    morphological = region_of(inside, np.array(image.GetSpacing()[::-1]))
    try:
        if morphological is None:
            raise RefusedError(
                RegionStatus.VANISHED,
                f"the region must keep a voxel at the new spacing. Found none of its {count}; use a finer one",
            )
        check_size(morphological, {"minimumROIDimensions": 1})
        intensity = _resegmented(sitk.GetArrayViewFromImage(image), morphological, how)
        check_size(intensity, {"minimumROIDimensions": 1})
        return Subject(morphological, intensity, count)
    except RefusedError as refused:
        return refused


def _resegmented(image: NDArray[np.generic], region: Region, how: IbsiSettings) -> Region:
    values = region.values(image).astype(np.float64)
    low, high = how.bounds
    keep = ~((values < low) | (values > high))  # NaN stays, to be refused and not overlooked
    if how.outlier_sigma is not None and keep.any():
        mean, deviation = values[keep].mean(), values[keep].std()
        keep &= ~(np.abs(values - mean) > how.outlier_sigma * deviation)
    kept = np.zeros_like(region.inside)
    kept[region.inside] = keep
    box = region_of(kept, region.spacing)
    if box is None:
        raise RefusedError(
            RegionStatus.VANISHED, f"re-segmentation to {how.resegment_range} must leave voxels. It left 0"
        )
    z, y, x = (a + b for a, b in zip(region.first, box.first, strict=True))
    return Region((z, y, x), box.inside, region.spacing)
