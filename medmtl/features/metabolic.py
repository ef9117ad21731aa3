"""Measures a region as a clinic reports it: volume, SUV, total lesion glycolysis, and volumes above SUV thresholds."""

from math import nan

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.features.conventional import measure, suv_inside
from medmtl.features.extract import SUV_RANGE
from medmtl.features.isotropic import covers
from medmtl.features.lesions import spread
from medmtl.features.suv_peak import suv_peaks
from medmtl.imaging.image import to_sitk
from medmtl.records import Image

OF_MAXIMUM = 0.41  # Boellaard R et al., FDG PET/CT: EANM procedure guidelines version 2.0, EJNMMI 42:328, 2015
FIXED_SUV = (2.5, 4.0)  # [g/mL]
METABOLIC = ("mtv_41_percent_ml", "mtv_suv_2_5_ml", "mtv_suv_4_ml")
UPTAKE = (
    "volume_ml",
    "suv_max",
    "suv_mean",
    "suv_peak",
    "suv_peak_at_max",
    "tlg",
    *METABOLIC,
    "n_lesions",
    "dmax_mm",
    "dmax_voxels_mm",
)
Spacing = tuple[float, float, float]


def measure_region(pet: Image, inside: NDArray[np.bool_], mask: Image) -> dict[str, float]:
    """Return volume_ml, suv_max, suv_mean and tlg, as the table of features has them, and three metabolic volumes.

    `mtv_41_percent_ml`, `mtv_suv_2_5_ml` and `mtv_suv_4_ml` [mL] count the region's voxels whose SUV is at least 41 %
    of its own maximum, 2.5 and 4 g/mL. `inside` (z, y, x) lies on the mask's grid and holds a voxel at least. Raises
    MedmtlError where the PET is not finite or does not cover the region.
    """
    if not np.isfinite(pet.array.astype(np.float32, copy=False)).all():
        raise MedmtlError("every voxel of the PET must be a finite number. Found some that are not.")
    image, region = to_sitk(pet), to_sitk(Image(inside.astype(np.uint8), mask.grid))
    if not covers(image, region):
        raise MedmtlError("the mask must lie within the PET. Found a part of it outside.")
    image = sitk.Clamp(sitk.Cast(image, sitk.sitkFloat32), sitk.sitkFloat32, *SUV_RANGE)
    return measure(image, region) | metabolic_volumes(suv_inside(image, region), mask.grid.voxel_volume_ml)


def measure_uptake(suv: NDArray[np.float64], inside: NDArray[np.bool_], spacing: Spacing) -> dict[str, float]:
    """Return every name of `UPTAKE` for a mask on the PET's own grid (z, y, x; `spacing` [mm] in the same order).

    Volume, SUVmax, SUVmean, TLG and metabolic volumes as `measure_region`, of the voxels' own SUV; SUVpeak as
    `suv_peak.suv_peaks`, lesions and their distances as `lesions.spread`. An empty mask has volumes, TLG, lesions and
    distances of 0, and its SUV is NaN; where a SUV in the mask is not finite, all that depends on it is NaN.
    """
    voxel_ml = float(np.prod(spacing)) / 1000.0
    values = suv[inside]
    volume = values.size * voxel_ml
    known = {"volume_ml": volume} | spread(inside, spacing)
    if not values.size:
        return dict.fromkeys(UPTAKE, nan) | dict.fromkeys(METABOLIC, 0.0) | {"tlg": 0.0} | known
    if not np.isfinite(values).all():
        return dict.fromkeys(UPTAKE, nan) | known
    mean = float(values.mean())
    found = {"suv_max": float(values.max()), "suv_mean": mean, "tlg": mean * volume}
    return {
        name: (found | known | suv_peaks(suv, inside, spacing) | metabolic_volumes(values, voxel_ml))[name]
        for name in UPTAKE
    }


def metabolic_volumes(suv: NDArray[np.float64], voxel_ml: float) -> dict[str, float]:
    """Return the volume [mL] of the voxels at or above each limit; `suv` [n] has a voxel at least."""
    at_least = {
        "mtv_41_percent_ml": OF_MAXIMUM * suv.max(),
        "mtv_suv_2_5_ml": FIXED_SUV[0],
        "mtv_suv_4_ml": FIXED_SUV[1],
    }
    return {name: int(np.count_nonzero(suv >= limit)) * voxel_ml for name, limit in at_least.items()}
