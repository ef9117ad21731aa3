"""Radiomics of PET and CT in one region, on images already at one spacing."""

from collections.abc import Sequence
from itertools import product
from math import isfinite, nan
from typing import Any

import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.engine.columns import image_names
from medmtl.features.engine.extract import extract
from medmtl.features.engine.result import Extraction, RegionStatus
from medmtl.features.engine.settings import Parameters, ProfileSettings
from medmtl.features.engine.stock import class_features, pyradiomics_version
from medmtl.features.settings import ImageType, RadiomicsSettings

__all__ = ["measure_radiomics", "profile_of", "pyradiomics_version", "radiomics_names"]

GEOMETRY_TOLERANCE_MM = 1e-3  # both images are on one grid; what remains is rounding
MEASURED = {RegionStatus.OK, RegionStatus.TOO_SMALL}  # too small for a filter: the other features are known


def radiomics_names(settings: RadiomicsSettings) -> tuple[str, ...]:
    """Return the names that `measure_radiomics` fills, whatever the case.

    Shape is that of the mask alone and occurs once, as `mask_original_shape_...`; all else is measured on PET and on
    CT, as `pet_original_glcm_Contrast` and `ct_original_glcm_Contrast`.
    """
    textures = [name for name in settings.feature_classes if name != "shape"]
    filters = [name for kind in settings.image_types for name in image_names(kind, _filter_settings(kind, settings))]
    shape = [
        f"mask_original_shape_{name}" for name in class_features("shape", None) if "shape" in settings.feature_classes
    ]
    parts = product(("pet", "ct"), filters, textures)
    return (
        *shape,
        *(f"{image}_{filt}_{kind}_{name}" for image, filt, kind in parts for name in class_features(kind, None)),
    )


def measure_radiomics(
    pet: sitk.Image, ct: sitk.Image, region: sitk.Image, settings: RadiomicsSettings
) -> dict[str, float]:
    """Return every feature of `radiomics_names`, NaN where there is none or no finite one.

    PET [SUV], CT [HU] and the region (1 inside, 0 outside) lie on one isotropic grid. Raises ValueError with the reason
    where the region cannot be measured.
    """
    textures = [name for name in settings.feature_classes if name != "shape"]
    on_pet = _measured(pet, region, settings.pet_bin_width, textures, settings) if textures else {}
    on_ct = _measured(ct, region, settings.ct_bin_width, settings.feature_classes, settings)
    found = {f"pet_{name}": value for name, value in on_pet.items()}
    found |= {f"{'mask' if '_shape_' in name else 'ct'}_{name}": value for name, value in on_ct.items()}
    return {name: found.get(name, nan) for name in radiomics_names(settings)}


def profile_of(settings: RadiomicsSettings) -> ProfileSettings:
    """Return the settings that the engine measures CT by; those of PET differ in the bin width."""
    return _profile(settings.ct_bin_width, settings.feature_classes, settings)


def _measured(
    image: sitk.Image, region: sitk.Image, bin_width: float, classes: Sequence[str], settings: RadiomicsSettings
) -> dict[str, float]:
    extraction = extract(image, region, _profile(bin_width, classes, settings))
    if extraction.status not in MEASURED:
        raise ValueError(_reason(extraction))
    return {name: value if isfinite(value) else nan for name, value in extraction.features.items()}


def _reason(extraction: Extraction) -> str:
    return f"{extraction.status.value}: {'; '.join(extraction.notes)}"


def _profile(bin_width: float, classes: Sequence[str], settings: RadiomicsSettings) -> ProfileSettings:
    parameters = Parameters(
        setting={"binWidth": bin_width, "geometryTolerance": GEOMETRY_TOLERANCE_MM},
        imageType={kind: _filter_settings(kind, settings) for kind in settings.image_types},
        featureClass=dict.fromkeys(classes),
    )
    return ProfileSettings(parameters=parameters)


def _filter_settings(image_type: ImageType, settings: RadiomicsSettings) -> dict[str, Any]:
    return {"sigma": list(settings.log_sigma_mm)} if image_type == "LoG" else {}
