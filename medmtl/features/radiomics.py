"""Radiomics by PyRadiomics (van Griethuysen JJM et al., Cancer Res 77, 2017), on images already at one spacing."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from radiomics import __version__ as pyradiomics_version
from radiomics import getFeatureClasses
from radiomics.featureextractor import RadiomicsFeatureExtractor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from medmtl.features.settings import ImageType, RadiomicsSettings

__all__ = ["measure_radiomics", "pyradiomics_version", "radiomics_names"]

WAVELET_BANDS = ("LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH", "LLL")  # in PyRadiomics' order
GEOMETRY_TOLERANCE_MM = 1e-3  # both images are on one grid; what remains is rounding


def radiomics_names(settings: RadiomicsSettings) -> tuple[str, ...]:
    """Return the names that `measure_radiomics` fills, whatever the case.

    Shape is that of the mask alone and occurs once, as `mask_original_shape_...`; all else is measured on PET and on
    CT, as `pet_original_glcm_Contrast` and `ct_original_glcm_Contrast`.
    """
    textures = [name for name in settings.feature_classes if name != "shape"]
    filters = [name for image_type in settings.image_types for name in _filter_names(image_type, settings)]
    shape = [f"mask_original_shape_{name}" for name in _names_of("shape") if "shape" in settings.feature_classes]
    parts = product(("pet", "ct"), filters, textures)
    return (*shape, *(f"{image}_{filt}_{kind}_{name}" for image, filt, kind in parts for name in _names_of(kind)))


def measure_radiomics(
    pet: sitk.Image, ct: sitk.Image, region: sitk.Image, settings: RadiomicsSettings
) -> dict[str, float]:
    """Return every feature of `radiomics_names`, NaN where PyRadiomics gives none or no finite one.

    PET [SUV], CT [HU] and the region (1 inside, 0 outside) lie on one isotropic grid. PyRadiomics' own errors pass.
    """
    textures = [name for name in settings.feature_classes if name != "shape"]
    with _quiet(), threadpool_limits(1):  # more threads take up to 100 times as long over an eigenvalue of the GLCM
        found = _execute(_extractor(settings.pet_bin_width, textures, settings), pet, region, "pet")
        found |= _execute(_extractor(settings.ct_bin_width, textures, settings), ct, region, "ct")
        if "shape" in settings.feature_classes:
            found |= _execute(_extractor(settings.ct_bin_width, ["shape"], settings), ct, region, "mask")
    return {name: found.get(name, float("nan")) for name in radiomics_names(settings)}


def _extractor(bin_width: float, classes: Sequence[str], settings: RadiomicsSettings) -> RadiomicsFeatureExtractor:
    extractor = RadiomicsFeatureExtractor(
        binWidth=bin_width, label=1, additionalInfo=False, correctMask=True, geometryTolerance=GEOMETRY_TOLERANCE_MM
    )
    filters = {name: _filter_settings(name, settings) for name in settings.image_types}
    extractor.disableAllImageTypes()
    extractor.enableImageTypes(**({} if classes == ["shape"] else filters))
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(**dict.fromkeys(classes))
    return extractor


def _execute(
    extractor: RadiomicsFeatureExtractor, image: sitk.Image, region: sitk.Image, prefix: str
) -> dict[str, float]:
    return {f"{prefix}_{name}": _number(value) for name, value in extractor.execute(image, region).items()}


@contextmanager
def _quiet() -> Iterator[None]:
    # PyRadiomics writes to stderr by a handler of its own, and divides by zero in places that it mends afterwards.
    logger = logging.getLogger("radiomics")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _number(value: Any) -> float:
    number = float(np.real(value))  # eigenvalues come as complex numbers with an imaginary part of rounding size
    return number if np.isfinite(number) else float("nan")


def _names_of(feature_class: str) -> list[str]:
    names: Mapping[str, bool] = getFeatureClasses()[feature_class].getFeatureNames()
    return [name for name, deprecated in names.items() if not deprecated]


def _filter_names(image_type: ImageType, settings: RadiomicsSettings) -> list[str]:
    if image_type == "LoG":
        return [f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D" for sigma in settings.log_sigma_mm]
    return [f"wavelet-{band}" for band in WAVELET_BANDS] if image_type == "Wavelet" else ["original"]


def _filter_settings(image_type: ImageType, settings: RadiomicsSettings) -> dict[str, Any]:
    return {"sigma": list(settings.log_sigma_mm)} if image_type == "LoG" else {}
