"""Measures one line of a table of images: every region of every part, each with a status, whatever the files hold."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import nan, prod

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.errors import MedmtlError
from medmtl.features.case_parts import UNION, CaseImages, Inside, Key, MasksInTurn, Packed, parts_of, regions_of
from medmtl.features.engine.checks import same_grid, whole_labels
from medmtl.features.engine.columns import column_names
from medmtl.features.engine.extract import extract_regions
from medmtl.features.engine.result import Extraction, RefusedError, RegionStatus, unmeasured
from medmtl.features.image_row import ExtractionPlan, ImageRow, Measured
from medmtl.features.metabolic import UPTAKE, measure_uptake
from medmtl.features.perturbations import perturbed
from medmtl.features.regions import RegionName
from medmtl.imaging.image import read_sitk
from medmtl.imaging.nifti import NotFiniteError

PLAIN = (RegionName.MASK,)
CLINIC = tuple(name for name in UPTAKE if name != "volume_ml")  # the volume is told of every region anyway


def feature_columns(plan: ExtractionPlan) -> tuple[str, ...]:
    """Return the features of every region, in the order of the table; they follow from the plan alone."""
    return (*(CLINIC if plan.suv else ()), *column_names(plan.settings))


def measure_row(row: ImageRow, plan: ExtractionPlan) -> list[Measured]:
    """Return what was measured of each region, in the order of parts and regions; never raises for what files hold."""
    if row.fault:
        return refuse_all(row, plan, RefusedError(RegionStatus.ERROR, row.fault))
    try:
        images = _read(row, plan)
        found = _measured_as_given(images, row, plan) if _is_plain(plan) else _measured_in_parts(images, row, plan)
        return [*found, *(_repeats(images, row, plan) if plan.perturb else ())]
    except RefusedError as refused:
        return refuse_all(row, plan, refused)
    except NotFiniteError as error:
        return refuse_all(row, plan, RefusedError(RegionStatus.NONFINITE, str(error)))
    except Exception as error:  # whatever it is, it is this line's, and must not cost the others theirs
        told = str(error) if isinstance(error, MedmtlError) else f"{type(error).__name__}: {error}"
        return refuse_all(row, plan, RefusedError(RegionStatus.ERROR, told))


def refuse_all(row: ImageRow, plan: ExtractionPlan, refused: RefusedError) -> list[Measured]:
    """Return a row without a feature for every region that would have been measured; lesions are not known."""
    parts = [*plan.labels_of(row), *([UNION] if plan.union else [])]
    nothing = unmeasured(feature_columns(plan), refused.status, refused.note)
    return [_row((part, region), nothing, nan, {}, plan) for part, region in product(parts, plan.regions)]


def _is_plain(plan: ExtractionPlan) -> bool:
    return plan.regions == PLAIN and not (plan.union or plan.lesions or plan.suv)


def _read(row: ImageRow, plan: ExtractionPlan) -> CaseImages:
    image, mask = read_sitk(row.image), read_sitk(row.mask)
    return CaseImages(image, mask, read_sitk(row.pet) if row.pet else None)


def _measured_as_given(images: CaseImages, row: ImageRow, plan: ExtractionPlan) -> Iterator[Measured]:
    """Hand the mask to the engine as it is, so that PyRadiomics' own settings for masks hold."""
    for part, label in plan.labels_of(row).items():
        found = extract_regions(images.image, {part: images.mask}, plan.settings, label)[part]
        voxels = found.provenance.get("voxels_before")
        volume = nan if voxels is None else float(str(voxels)) * _voxel_ml(images.mask)
        yield _row((part, RegionName.MASK), found, volume, {}, plan)


def _measured_in_parts(images: CaseImages, row: ImageRow, plan: ExtractionPlan) -> Iterator[Measured]:
    whole = CaseImages(images.image, whole_labels(images.mask, plan.settings.probability_threshold), images.pet)
    parts = parts_of(sitk.GetArrayViewFromImage(whole.mask), row, plan)
    found = {(part, name): one for part, inside in parts.items() for name, one in regions_of(whole, inside, plan)}
    yield from _measured_regions(whole, found, plan)


def _measured_regions(
    images: CaseImages, regions: Mapping[Key, Packed | RefusedError], plan: ExtractionPlan
) -> Iterator[Measured]:
    known = {one: name for name, one in _named(regions)}  # equal regions are one
    found = _extracted(images, {name: one for one, name in known.items() if one.voxels}, plan)
    for key, region in regions.items():
        if isinstance(region, RefusedError):
            yield _row(key, unmeasured(column_names(plan.settings), region.status, region.note), nan, {}, plan)
        else:
            nothing = unmeasured(column_names(plan.settings), RegionStatus.EMPTY, f"{' / '.join(key)} holds no voxel")
            volume = region.voxels * _voxel_ml(images.mask)
            uptake = _uptake(images, region.unpack(), plan)
            yield _row(key, found.get(known[region], nothing), volume, uptake, plan)


def _named(regions: Mapping[Key, Packed | RefusedError]) -> Iterator[tuple[str, Packed]]:
    return (("/".join(key), one) for key, one in regions.items() if isinstance(one, Packed))


def _extracted(images: CaseImages, regions: Mapping[str, Packed], plan: ExtractionPlan) -> dict[str, Extraction]:
    settings = plan.settings.model_copy(update={"probability_threshold": None})  # the masks are of 0 and 1 by now
    return extract_regions(images.image, MasksInTurn(regions, images.mask), settings, 1) if regions else {}


def _uptake(images: CaseImages, inside: Inside, plan: ExtractionPlan) -> dict[str, float]:
    if not plan.suv or not same_grid(images.image, images.mask, None):
        return {}
    z, y, x = images.mask.GetSpacing()[::-1]
    return measure_uptake(sitk.GetArrayViewFromImage(images.image), inside, (z, y, x))


def _repeats(images: CaseImages, row: ImageRow, plan: ExtractionPlan) -> Iterator[Measured]:
    if not same_grid(images.image, images.mask, None):
        return
    others = tuple(read_sitk(path) for path in row.others)
    for name, image, mask in perturbed(images.image, images.mask, others, plan.settings.probability_threshold):
        for part, label in plan.labels_of(row).items():
            inside = sitk.GetArrayViewFromImage(mask) == label
            key, volume = (part, RegionName.MASK), float(np.count_nonzero(inside)) * _voxel_ml(mask)
            settings = plan.settings.model_copy(update={"probability_threshold": None})
            found = extract_regions(image, {part: mask}, settings, label)[part]
            uptake = _uptake(CaseImages(image, mask, None), inside, plan)
            yield replace(_row(key, found, volume, uptake, plan), perturbation=name)


def _row(key: Key, found: Extraction, volume_ml: float, uptake: Mapping[str, float], plan: ExtractionPlan) -> Measured:
    features = {name: uptake.get(name, found.features.get(name, nan)) for name in feature_columns(plan)}
    reason = "; ".join(found.notes)
    return Measured(key[0], key[1].value, found.status.value, reason, features, volume_ml, found.provenance)


def _voxel_ml(image: sitk.Image) -> float:
    return float(prod(image.GetSpacing())) / 1000.0
