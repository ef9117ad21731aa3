"""PyRadiomics' image processing: the same grid, the same values, without touching the image far from the region."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.checks import box_of, check_geometry, check_size, whole_labels
from medmtl.features.engine.cropping import blank, clamped, crop, near
from medmtl.features.engine.prepared import Prepared, Subject
from medmtl.features.engine.region import Region, region_of
from medmtl.features.engine.result import RefusedError, RegionStatus
from medmtl.features.engine.settings import ProfileSettings
from medmtl.features.engine.spline import interpolated
from medmtl.features.engine.stock import normalised

Box = tuple[NDArray[np.int64], NDArray[np.int64]]


def prepare_pyradiomics(
    image: sitk.Image, masks: Mapping[str, sitk.Image], settings: ProfileSettings, label: int
) -> Prepared:
    """Return the image and its regions as PyRadiomics would bring them to its feature classes.

    With several regions, the image is cropped around all of them.
    """
    options = settings.parameters.options()
    labelled: dict[str, tuple[sitk.Image, Box, int] | RefusedError] = {}
    for name, mask in masks.items():
        try:
            check_geometry(image, mask, options.get("geometryTolerance"))
            whole = whole_labels(mask, settings.probability_threshold)
            first, last, count = box_of(whole, label)
            labelled[name] = whole, (first, last), count
        except RefusedError as refused:
            labelled[name] = refused
    found = {name: one for name, one in labelled.items() if not isinstance(one, RefusedError)}
    if not found:
        return Prepared(
            image, {n: one for n, one in labelled.items() if isinstance(one, RefusedError)}, image.GetSpacing()
        )
    box = _around([one[1] for one in found.values()])
    fine, fine_masks = _placed(image, {n: one[0] for n, one in found.items()}, box, options, settings)
    subjects: dict[str, Subject | RefusedError] = {}
    for name, one in labelled.items():
        subjects[name] = (
            one if isinstance(one, RefusedError) else _subject(fine, fine_masks[name], one[2], options, label)
        )
    return Prepared(fine, subjects, image.GetSpacing())


def _around(boxes: list[Box]) -> Box:
    return np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)


def _placed(
    image: sitk.Image, masks: Mapping[str, sitk.Image], box: Box, options: Mapping[str, Any], settings: ProfileSettings
) -> tuple[sitk.Image, dict[str, sitk.Image]]:
    limits, pad = settings.clamp, int(options.get("padDistance", 5))
    if options.get("normalize"):
        image, limits = normalised(clamped(image, limits), options), None
    mask = next(iter(masks.values()))
    spacing = _target_spacing(mask, box, options)
    if spacing is None or np.allclose(image.GetSpacing(), spacing):
        if spacing is not None or options.get("preCrop"):
            return _cropped(image, masks, box, pad, limits)
        if set(settings.parameters.imageType) == {"Original"}:  # nothing outside the region has a say
            return _cropped(image, masks, box, 0, limits)
        return clamped(image, limits), dict(masks)
    grid = _grid(mask, spacing, box, pad)
    interpolator = _interpolator(options["interpolator"])
    if interpolator == sitk.sitkBSpline:
        fine = interpolated(clamped(near(image, grid), limits), grid)
    else:
        fine = sitk.Resample(clamped(image, limits), grid, sitk.Transform(), interpolator, 0.0, image.GetPixelID())
    nearest = sitk.sitkNearestNeighbor
    return fine, {n: sitk.Resample(m, grid, sitk.Transform(), nearest, 0.0, m.GetPixelID()) for n, m in masks.items()}


def _cropped(
    image: sitk.Image, masks: Mapping[str, sitk.Image], box: Box, pad: int, limits: tuple[float, float] | None
) -> tuple[sitk.Image, dict[str, sitk.Image]]:
    return clamped(crop(image, *box, pad), limits), {name: crop(mask, *box, pad) for name, mask in masks.items()}


def _interpolator(given: Any) -> int:
    found: int = getattr(sitk, given) if isinstance(given, str) else given
    return found


def _target_spacing(mask: sitk.Image, box: Box, options: Mapping[str, Any]) -> NDArray[np.float64] | None:
    asked = options.get("resampledPixelSpacing")
    if asked is None or options.get("interpolator") is None:
        return None
    own = np.array(mask.GetSpacing())
    spacing = np.where(np.array(asked) == 0, own, np.array(asked, dtype=np.float64))
    return np.where(box[1] > box[0], spacing, own)  # a region of one slice is not resampled across it


def _grid(mask: sitk.Image, spacing: NDArray[np.float64], box: Box, pad: int) -> sitk.Image:
    """Return PyRadiomics' grid around a region: anchored at the corner of the mask's first voxel, within the mask."""
    own, size = np.array(mask.GetSpacing()), np.array(mask.GetSize())
    ratio = own / spacing
    low = np.maximum(np.floor((box[0] - 0.5) * ratio - pad), 0)
    high = np.minimum(np.ceil((box[1] + 1 - 0.5) * ratio + pad), np.ceil(size * ratio) - 1)
    index = 0.5 * (spacing - own) / own + low / ratio
    origin = mask.TransformContinuousIndexToPhysicalPoint(index.tolist())
    return blank((high - low + 1).astype(int).tolist(), spacing, origin, mask.GetDirection())


def _subject(
    image: sitk.Image, mask: sitk.Image, voxels_before: int, options: dict[str, Any], label: int
) -> Subject | RefusedError:
    spacing = np.array(image.GetSpacing()[::-1])
    region = region_of(sitk.GetArrayViewFromImage(mask) == label, spacing)
    try:
        if region is None:
            raise RefusedError(
                RegionStatus.VANISHED,
                f"the region must keep a voxel at the new spacing. Found none of its {voxels_before}; use a finer one",
            )
        check_size(region, options)
        if options.get("resegmentRange") is None:
            return Subject(region, region, voxels_before)
        return _resegmented(image, region, voxels_before, options)
    except RefusedError as refused:
        return refused


def _resegmented(image: sitk.Image, region: Region, voxels_before: int, options: dict[str, Any]) -> Subject:
    values = region.values(sitk.GetArrayViewFromImage(image))
    limits = _thresholds(values, options)
    kept = np.zeros_like(region.inside)
    kept[region.inside] = (values >= limits[0]) & (values <= limits[-1] if len(limits) == 2 else True)
    box = region_of(kept, region.spacing)
    if box is None:
        raise RefusedError(
            RegionStatus.VANISHED, f"re-segmentation to {options['resegmentRange']} must leave voxels. It left 0"
        )
    z, y, x = (a + b for a, b in zip(region.first, box.first, strict=True))
    left = Region((z, y, x), box.inside, region.spacing)
    check_size(left, options)
    if options.get("resegmentShape"):
        return Subject(left, left, voxels_before)
    inner = tuple(slice(a, a + n) for a, n in zip(box.first, box.inside.shape, strict=True))
    seen = Region(left.first, np.ascontiguousarray(region.inside[inner]), region.spacing)
    return Subject(seen, left, voxels_before)  # PyRadiomics measures shape in the box that re-segmentation left


def _thresholds(values: NDArray[Any], options: Mapping[str, Any]) -> list[Any]:
    given, mode = sorted(options["resegmentRange"]), options.get("resegmentMode", "absolute")
    if mode == "relative":
        return [values.max() * one for one in given]
    if mode == "sigma":
        mean, deviation = np.mean(values), np.std(values)
        return [mean + deviation * one for one in given]
    return given
