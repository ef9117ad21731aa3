"""Finds the patient on a CT: without the table, and the top of the head below arms that are raised above it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medmtl.errors import MedmtlError
from medmtl.imaging.scan import Scan
from medmtl.imaging.upright import upright
from medmtl.imaging.voxel_box import Box
from medmtl.records import Image

_COARSE_MM = 8.0  # the body is found among voxels this far apart at most
_TISSUE_HU = -300.0  # between fat (-100) and lung or foam (-800)
_PLATE_MM = 12.0  # thinner than twice this: table tops, head holders, cushions' rims, cables
_THICK_MM = 45.0  # heads and trunks hold a ball of this radius, hands and most arms do not
_MIDLINE_MM = 90.0  # further to the side lies a raised arm, not the head

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The patient on a coarse upright grid: `inside` is 1 in the body [z, y, x]; the head begins at slice `top`."""

    inside: Image
    top: int


def find_body(ct: Scan, within: Box) -> Body:
    """Return the body in this part of the CT; raise MedmtlError where there is none.

    The body is the largest connected part above -300 HU once plates thinner than 24 mm are removed, with the air that
    it encloses in axial slices. Its top is that of the highest ball of 45 mm radius that fits into it, no further than
    90 mm from the midline: raised arms are thinner or further out. Where the scan cuts the body, what was cut counts
    as body, so a scan that begins at the neck has its top there.
    """
    image = upright(ct.coarse(_COARSE_MM, within))
    spacing = np.array(image.grid.spacing[::-1])
    body = _largest(_without_plates(np.greater(image.array, _TISSUE_HU), spacing))
    if not body.any():
        raise MedmtlError(
            f"{ct.path}: a CT must show a body. Found no voxel above {_TISSUE_HU:.0f} HU but thin plates."
        )
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in body])
    return Body(Image(filled.astype(np.uint8), image.grid), _top(filled, spacing))


def _without_plates(tissue: Mask, spacing: NDArray[np.float64]) -> Mask:
    depth = _depth(tissue, spacing)
    thick: Mask = depth > _PLATE_MM
    reach: NDArray[np.float64] = ndimage.distance_transform_edt(~thick, sampling=spacing)
    return np.asarray(tissue & (reach <= _PLATE_MM + spacing.max()))


def _largest(mask: Mask) -> Mask:
    labels, count = ndimage.label(mask)
    return np.asarray(labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])) if count else mask


def _top(body: Mask, spacing: NDArray[np.float64]) -> int:
    depth = _depth(body, spacing)
    middle = np.median(np.nonzero(depth > _THICK_MM)[2]) if (depth > _THICK_MM).any() else body.shape[2] / 2
    aside = np.abs(np.arange(body.shape[2]) - middle) * spacing[2]
    balls = np.nonzero((depth > _THICK_MM) & (aside <= _MIDLINE_MM))[0]
    highest = int(np.nonzero(body)[0].max())
    return min(highest, round(balls.max() + _THICK_MM / spacing[0])) if len(balls) else highest


def _depth(mask: Mask, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how deep each voxel lies in the mask [mm]; above and below the scan it goes on as at its ends."""
    beyond = int(np.ceil(_THICK_MM / spacing[0])) + 1
    longer = np.pad(np.pad(mask, ((beyond, beyond), (0, 0), (0, 0)), mode="edge"), ((0, 0), (1, 1), (1, 1)))
    deep: NDArray[np.float64] = ndimage.distance_transform_edt(longer, sampling=spacing)
    return deep[beyond:-beyond, 1:-1, 1:-1]
