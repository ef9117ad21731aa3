"""Measures one case, whatever its mask looks like."""

from collections.abc import Mapping
from itertools import chain
from math import nan
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.base import CONVENTIONAL, CaseFeatures, FeatureStatus
from medmtl.features.conventional import measure
from medmtl.features.further_regions import all_around, further_regions
from medmtl.features.isotropic import bounding_box, covers, isotropic_grid, moved, resample_near
from medmtl.features.radiomics import measure_radiomics, radiomics_names
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import to_sitk
from medmtl.records import Grid, Image

SUV_RANGE = (0.0, 100.0)  # beyond lie artefacts; a single voxel of 1e5 would ask for gigabytes of grey levels
HU_RANGE = (-1024.0, 3071.0)  # what 12 bits hold
GRID_TOLERANCE_MM = 1e-3  # a mask written by any tool rounds its origin to less than this
MIN_SPAN_VOXELS = 2  # in each direction; a plane has no neighbourhood in three dimensions


def feature_names(settings: RadiomicsSettings) -> tuple[str, ...]:
    """Return the names of all features of a case, in the order of the table."""
    own = radiomics_names(settings)
    further = (f"{region}_{name}" for region in settings.regions for name in own)
    of_parts = (f"{part}_{name}" for part in settings.parts for name in (*CONVENTIONAL, *own))
    return (*CONVENTIONAL, *own, *further, *of_parts)


class _OnImages(NamedTuple):
    suv: sitk.Image
    hu: sitk.Image
    region: sitk.Image
    parts: Mapping[str, sitk.Image]


def extract_case(pet: Image, ct: Image, mask: Image, settings: RadiomicsSettings, shift: float = 0.0) -> CaseFeatures:
    """Measure PET [SUV] and CT [HU] in the mask, which lies on the CT's grid.

    `shift` moves the points of the radiomics, as a share of their spacing along every axis: a slight translation.
    Never raises on an odd mask: the status says `empty`, `too_small` or `error`, and what is not measured is NaN.
    """
    region = _region(mask, settings.labels)
    parts = {name: _region(mask, (label,)) for name, label in settings.parts.items()}
    fault = _fault(pet, ct, region)
    if fault:
        return _features(FeatureStatus.ERROR, {}, settings, fault)
    suv, hu = _clamped(pet, SUV_RANGE), _clamped(ct, HU_RANGE)
    conventional = measure(suv, region)
    for part, own in parts.items():
        conventional |= {f"{part}_{name}": value for name, value in measure(suv, own).items()}
    if not conventional["volume_ml"]:
        return _features(FeatureStatus.EMPTY, conventional, settings, "the mask is empty")
    return _with_radiomics(_OnImages(suv, hu, region, parts), conventional, settings, shift)


def _region(mask: Image, labels: tuple[int, ...]) -> sitk.Image:
    inside = np.isin(mask.array, labels) if labels else mask.array != 0
    return to_sitk(Image(inside.astype(np.uint8), mask.grid))


def _fault(pet: Image, ct: Image, region: sitk.Image) -> str:
    for name, image in (("PET", pet), ("CT", ct)):
        wrong = int((~np.isfinite(image.array.astype(np.float32, copy=False))).sum())
        if wrong:
            return f"every voxel of the {name} must be a finite number. Found {wrong} that are not"
    if not _same_grid(ct.grid, region):
        return f"the mask must lie on the CT's grid {ct.grid.size}. Found size {region.GetSize()} or another position"
    if np.any(sitk.GetArrayViewFromImage(region)) and not covers(to_sitk(pet), region):
        return "the mask must lie within the PET. Found a part of it outside"
    return ""


def _same_grid(grid: Grid, region: sitk.Image) -> bool:
    if grid.size != region.GetSize():
        return False
    own = (*grid.origin, *grid.spacing, *grid.direction)
    return np.allclose(own, (*region.GetOrigin(), *region.GetSpacing(), *region.GetDirection()), 0, GRID_TOLERANCE_MM)


def _clamped(image: Image, limits: tuple[float, float]) -> sitk.Image:
    return sitk.Clamp(sitk.Cast(to_sitk(image), sitk.sitkFloat32), sitk.sitkFloat32, *limits)


def _with_radiomics(
    images: _OnImages, conventional: dict[str, float], settings: RadiomicsSettings, shift: float
) -> CaseFeatures:
    suv, hu, region, parts = images
    around = all_around(region, settings.regions)
    grid = moved(isotropic_grid(around, settings.spacing_mm, settings.pad_voxels), shift)
    small = resample_near(region, grid, sitk.sitkNearestNeighbor)
    shortage = _shortage(small, settings.min_voxels)
    if shortage:
        return _features(FeatureStatus.TOO_SMALL, conventional, settings, shortage)
    fine_suv, fine_hu = (resample_near(image, grid, sitk.sitkBSpline) for image in (suv, hu))
    try:
        found = measure_radiomics(fine_suv, fine_hu, small, settings)
        for name, further in chain(further_regions(region, suv, settings.regions), parts.items()):
            found |= _further(
                f"{name}_", fine_suv, fine_hu, resample_near(further, grid, sitk.sitkNearestNeighbor), settings
            )
    except (ValueError, RuntimeError, IndexError, ArithmeticError) as error:  # what PyRadiomics raises on odd regions
        return _features(FeatureStatus.ERROR, conventional, settings, f"PyRadiomics: {error}")
    return _features(FeatureStatus.OK, conventional | found, settings, "")


def _further(
    prefix: str, suv: sitk.Image, hu: sitk.Image, region: sitk.Image, settings: RadiomicsSettings
) -> dict[str, float]:
    """Return the radiomics of a further region, or none where it is too small: its columns stay NaN."""
    if _shortage(region, settings.min_voxels):
        return {}
    return {prefix + name: value for name, value in measure_radiomics(suv, hu, region, settings).items()}


def _shortage(region: sitk.Image, min_voxels: int) -> str:
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if voxels < min_voxels:
        return f"the mask must have {min_voxels} voxels at the spacing of the radiomics. Found {voxels}"
    first, last = bounding_box(region)
    if (last - first + 1).min() < MIN_SPAN_VOXELS:
        return f"the mask must span {MIN_SPAN_VOXELS} voxels in each direction. Found {(last - first + 1).tolist()}"
    return ""


def _features(status: FeatureStatus, known: dict[str, float], settings: RadiomicsSettings, reason: str) -> CaseFeatures:
    return CaseFeatures(status, {name: known.get(name, nan) for name in feature_names(settings)}, reason)
