"""What is asked of an image and a mask before anything is measured; what fails is refused with a status."""

from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled
from medmtl.features.engine.region import Region
from medmtl.features.engine.result import RefusedError, RegionStatus

TOLERANCE_MM = 1e-3  # a mask written by any tool rounds its origin to less than this


def check_image(image: sitk.Image) -> None:
    """Raise RefusedError where the image does not have three dimensions and one real number per voxel."""
    found = f"{image.GetDimension()} dimensions and {image.GetPixelIDTypeAsString()}"
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1 or "complex" in found:
        raise RefusedError(
            RegionStatus.ERROR, f"an image must have 3 dimensions and one real number per voxel. Found {found}"
        )


def same_grid(image: sitk.Image, mask: sitk.Image, tolerance_mm: float | None) -> bool:
    """Whether both have the same voxels, spacing, origin [mm] and direction, to a tolerance."""
    if image.GetSize() != mask.GetSize():
        return False
    first, second = ((*i.GetSpacing(), *i.GetOrigin(), *i.GetDirection()) for i in (image, mask))
    return bool(np.allclose(first, second, rtol=0, atol=tolerance_mm or TOLERANCE_MM))


def check_geometry(image: sitk.Image, mask: sitk.Image, tolerance_mm: float | None) -> None:
    """Raise RefusedError where image and mask do not lie on one grid."""
    if same_grid(image, mask, tolerance_mm):
        return
    told = map(_place, (image, mask))
    raise RefusedError(
        RegionStatus.GEOMETRY,
        "image and mask must lie on one grid. Found {}; and for the mask {}; resample the mask, or set `correctMask: "
        "true` for PyRadiomics' own correction".format(*told),
    )


def _place(image: sitk.Image) -> str:
    place = f"size {image.GetSize()}, spacing {image.GetSpacing()}, origin {image.GetOrigin()}"
    return f"{place}, direction {image.GetDirection()}"


def whole_labels(mask: sitk.Image, probability_threshold: float | None) -> sitk.Image:
    """Return a mask of whole numbers: probabilities become 1 at the threshold and above.

    Raises RefusedError where the mask holds fractions and there is no threshold, or numbers that are not finite.
    """
    if probability_threshold is not None:
        return sitk.GreaterEqual(sitk.Cast(mask, sitk.sitkFloat64), probability_threshold)
    if "float" not in mask.GetPixelIDTypeAsString():
        return mask
    values = sitk.GetArrayViewFromImage(mask)
    if not np.isfinite(values).all():
        raise RefusedError(RegionStatus.NONFINITE, "every voxel of a mask must be a number. Found some that are not")
    if not (values == np.floor(values)).all():
        raise RefusedError(
            RegionStatus.ERROR,
            "a mask must hold whole labels. Found fractions; if they are probabilities, set `probability_threshold`",
        )
    return sitk.Cast(mask, sitk.sitkInt32)


def box_of(mask: sitk.Image, label: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the first and last index (x, y, z) of a label and its voxels. Raises RefusedError where it is absent."""
    bounds = _bounds(sitk.GetArrayViewFromImage(mask), label)
    if bounds[6] == 0:
        labels = np.unique(sitk.GetArrayViewFromImage(mask))
        others = ", ".join(str(one) for one in labels[labels != 0][:10])
        raise RefusedError(
            RegionStatus.EMPTY, f"the mask must hold label {label}. Found {f'only {others}' if others else 'nothing'}"
        )
    return bounds[2::-1].copy(), bounds[5:2:-1].copy(), int(bounds[6])


@compiled
def _bounds(labels: NDArray[np.generic], label: int) -> NDArray[np.int64]:
    out = np.array([labels.shape[0], labels.shape[1], labels.shape[2], -1, -1, -1, 0])
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            first, last, count = -1, -1, 0
            for x in range(labels.shape[2]):
                if labels[z, y, x] == label:
                    first = x if first < 0 else first
                    last = x
                    count += 1
            if count:
                out[0], out[3] = min(out[0], z), max(out[3], z)
                out[1], out[4] = min(out[1], y), max(out[4], y)
                out[2], out[5] = min(out[2], first), max(out[5], last)
                out[6] += count
    return out


def check_size(region: Region, options: dict[str, Any]) -> None:
    """Raise RefusedError where a region is below PyRadiomics' `minimumROIDimensions` or `minimumROISize`."""
    spanned = sum(size > 1 for size in region.inside.shape)
    needed = max(int(options.get("minimumROIDimensions") or 2), 1)
    if spanned < needed:
        raise RefusedError(
            RegionStatus.TOO_SMALL,
            f"the region must span more than one voxel in {needed} directions. "
            f"Found {spanned} ({region.voxels} voxels)",
        )
    least = options.get("minimumROISize")
    if least is not None and region.voxels <= least:
        raise RefusedError(
            RegionStatus.TOO_SMALL, f"the region must have more than {least} voxels. Found {region.voxels}"
        )
