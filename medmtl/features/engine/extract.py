"""Measures regions of an image: the one way in, whatever the engine, and whatever the mask looks like."""

from collections.abc import Mapping
from math import isfinite, nan

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.engine.checks import check_geometry, check_image, whole_labels
from medmtl.features.engine.columns import column_names
from medmtl.features.engine.ibsi_profile import prepare_ibsi
from medmtl.features.engine.measure import measure
from medmtl.features.engine.prepared import Prepared
from medmtl.features.engine.pyradiomics_profile import prepare_pyradiomics
from medmtl.features.engine.result import Extraction, RefusedError, RegionStatus, unmeasured
from medmtl.features.engine.settings import ProfileSettings
from medmtl.features.engine.stock import execute, pyradiomics_version
from medmtl.features.engine.threads import one_thread

FAULTS = (
    ValueError,
    RuntimeError,
    IndexError,
    TypeError,
    AssertionError,  # of PyRadiomics
    ArithmeticError,
    MemoryError,
    np.linalg.LinAlgError,
)
_STOCK_SAYS = (  # what PyRadiomics' errors mean
    ("not present in mask", RegionStatus.EMPTY),
    ("No labels found", RegionStatus.EMPTY),
    ("mask only contains 1", RegionStatus.TOO_SMALL),
    ("too few dimensions", RegionStatus.TOO_SMALL),
    ("too small", RegionStatus.TOO_SMALL),
    ("No label object", RegionStatus.VANISHED),
    ("Resegmentation excluded", RegionStatus.VANISHED),
    ("geometry mismatch", RegionStatus.GEOMETRY),
    ("size mismatch", RegionStatus.GEOMETRY),
    ("same physical space", RegionStatus.GEOMETRY),
    ("larger than image space", RegionStatus.GEOMETRY),
)


def extract(image: sitk.Image, mask: sitk.Image, settings: ProfileSettings, label: int | None = None) -> Extraction:
    """Measure one region: the voxels of the mask that hold the label (absent: the settings' own, or 1).

    Never raises for what image and mask hold: the status says how far the region could be measured.
    """
    return extract_regions(image, {"region": mask}, settings, label)["region"]


def extract_regions(
    image: sitk.Image, masks: Mapping[str, sitk.Image], settings: ProfileSettings, label: int | None = None
) -> dict[str, Extraction]:
    """Measure several regions of one image, by name; all masks lie on its grid.

    They share one interpolated and filtered image, cropped around all of them, so that a region costs less. A filter
    then sees a little more of the surroundings than it would for a region alone. A refused region leaves the others be.
    """
    chosen = _label(settings) if label is None else label
    if settings.engine == "pyradiomics" or _only_stock_can(settings, image, masks):
        return {name: _by_stock(image, mask, settings, chosen) for name, mask in masks.items()}
    try:
        with np.errstate(all="ignore"), one_thread():
            return measure(prepare(image, masks, settings, chosen), settings)
    except (RefusedError, *FAULTS) as error:
        status = error.status if isinstance(error, RefusedError) else RegionStatus.ERROR
        return {name: unmeasured(column_names(settings), status, str(error)) for name in masks}


def prepare(image: sitk.Image, masks: Mapping[str, sitk.Image], settings: ProfileSettings, label: int) -> Prepared:
    """Return image and regions on the grid of the settings. Raises RefusedError where no region can be had."""
    check_image(image)
    if settings.profile == "ibsi":
        return prepare_ibsi(image, masks, settings, label)
    return prepare_pyradiomics(image, masks, settings, label)


def _label(settings: ProfileSettings) -> int:
    return int(settings.parameters.setting.get("label", 1)) if settings.profile == "pyradiomics" else 1


def _only_stock_can(settings: ProfileSettings, image: sitk.Image, masks: Mapping[str, sitk.Image]) -> bool:
    """Whether something is asked for that the fast engine does not do: then PyRadiomics does it, never nobody."""
    if settings.profile == "ibsi":
        return False
    options = settings.parameters.options()
    if "shape2D" in settings.parameters.featureClass or any(
        m.GetNumberOfComponentsPerPixel() > 1 for m in masks.values()
    ):
        return True
    return bool(options.get("correctMask")) and any(_elsewhere(image, mask) for mask in masks.values())


def _elsewhere(image: sitk.Image, mask: sitk.Image) -> bool:
    try:
        check_geometry(image, mask, None)
    except RefusedError:
        return True
    return False


def _by_stock(image: sitk.Image, mask: sitk.Image, settings: ProfileSettings, label: int) -> Extraction:
    columns = column_names(settings)
    try:
        check_image(image)
        if mask.GetNumberOfComponentsPerPixel() == 1:
            mask = whole_labels(mask, settings.probability_threshold)
        if not settings.parameters.setting.get("correctMask"):
            check_geometry(image, mask, settings.parameters.setting.get("geometryTolerance"))
        _check_values(image, mask, label)
        found = execute(settings.parameters.document(), image, mask, label)
    except RefusedError as refused:
        return unmeasured(columns, refused.status, refused.note)
    except FAULTS as error:
        known = (status for words, status in _STOCK_SAYS if words in str(error))
        return unmeasured(columns, next(known, RegionStatus.ERROR), f"PyRadiomics: {error}")
    return _from_stock(found, columns, settings)


def _check_values(image: sitk.Image, mask: sitk.Image, label: int) -> None:
    """Raise RefusedError for a NaN in the region: PyRadiomics would leave it out of some features alone."""
    if image.GetSize() != mask.GetSize() or mask.GetNumberOfComponentsPerPixel() > 1:
        return
    inside = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(mask) == label]
    if not np.isfinite(inside).all():
        raise RefusedError(RegionStatus.NONFINITE, "every value in the region must be finite. Found some that are not")


def _from_stock(found: Mapping[str, float], columns: tuple[str, ...], settings: ProfileSettings) -> Extraction:
    features = {name: found.get(name, nan) for name in columns}
    missing = tuple(name for name in columns if name not in found)
    status = RegionStatus.TOO_SMALL if missing else RegionStatus.OK
    notes = (f"PyRadiomics gave no {missing[0]} and {len(missing) - 1} others",) if missing else ()
    means = [value for name, value in features.items() if name.endswith("_firstorder_Mean")]
    if not missing and not all(isfinite(value) for value in means):
        status, notes = RegionStatus.NONFINITE, ("every mean must be finite. Found NaN: is there one in the image?",)
    provenance = {"profile": settings.profile, "engine": "pyradiomics", "pyradiomics": pyradiomics_version}
    return Extraction(features, status, notes, provenance)
