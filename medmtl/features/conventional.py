"""Volume, SUV and total lesion glycolysis: the features that any more elaborate ones must beat."""

from math import nan

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.isotropic import bounding_box


def measure(pet: sitk.Image, region: sitk.Image) -> dict[str, float]:
    """Return volume [mL], SUVmax and SUVmean [g/mL] and their tlg, mean times volume [g], of a region (1 inside).

    The volume counts the region's own voxels; PET is interpolated linearly at their centres, so no SUV exceeds the
    voxels around it. An empty region has volume 0 and tlg 0, and its SUV is not known: NaN.
    """
    inside = int(np.count_nonzero(sitk.GetArrayViewFromImage(region)))
    if not inside:
        return {"volume_ml": 0.0, "suv_max": nan, "suv_mean": nan, "tlg": 0.0}
    suv = suv_inside(pet, region)
    volume = inside * float(np.prod(region.GetSpacing())) / 1000.0
    mean = float(suv.mean())
    return {"volume_ml": volume, "suv_max": float(suv.max()), "suv_mean": mean, "tlg": mean * volume}


def suv_inside(pet: sitk.Image, region: sitk.Image) -> NDArray[np.float64]:
    """Return the SUV [g/mL] at the centre of every voxel of a region (1 inside) that is not empty, one by one."""
    first, last = bounding_box(region)
    box = sitk.RegionOfInterest(region, (last - first + 1).tolist(), first.tolist())
    suv = sitk.GetArrayFromImage(sitk.Resample(pet, box, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat64))
    inside: NDArray[np.float64] = suv[sitk.GetArrayViewFromImage(box) > 0]
    return inside
