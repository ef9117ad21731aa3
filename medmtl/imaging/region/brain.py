"""Finds the brain on the PET of a head: the uptake that is large, thick and at the top."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medmtl.records import Image

_WARM_SUV = 2.5  # grey matter takes up more in all but the rarest cases, muscle and fat less
_THICK_MM = 15.0  # a brain holds balls of this radius, glands and cortical bone do not
_BLUR_MM = 6.0  # how far a scanner spreads the brain's uptake
_NEAR_TOP_MM = 120.0  # its upper end lies no further below the top of the region
_WIDE_PART = 0.25  # of the largest section: 40 of 160 cm², more than most tumours of the skull's base have
_WHOLE_ML = 300.0  # of 1,100 mL and more, what exceeds the threshold at the least
_CUT_ML = 100.0  # where the region's top cuts the brain off

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Brain:
    """The brain and its blur on a grid [z, y, x]; `base` is its lowest wide slice, `middle` its centre in x and y."""

    inside: Mask
    base: int
    middle: tuple[float, float]


def find_brain(pet: Image) -> Brain | None:
    """Return the brain on an upright coarse PET [SUV]; None where the PET shows none."""
    spacing = np.array(pet.grid.spacing[::-1])
    warm = ndimage.binary_fill_holes(ndimage.binary_closing(np.greater_equal(pet.array, _WARM_SUV)))
    padded = np.pad(warm, ((0, 1), (0, 0), (0, 0)), mode="edge")
    labels, count = ndimage.label(_within(padded, spacing, _THICK_MM)[:-1])
    for label in sorted(range(1, count + 1), key=lambda one: -_top(labels == one)):
        grown = _grown(labels == label, spacing, _THICK_MM) & warm
        if _is_brain(grown, pet):
            _, y, x = np.nonzero(grown)
            base = _base(grown)
            blurred = _grown(labels == label, spacing, _THICK_MM + _BLUR_MM)
            below = max(0, base - round(_BLUR_MM / spacing[0]))
            blurred[:below, : round(y.mean())] = False  # a tumour that touches it from below counts; the cerebellum not
            return Brain(blurred, base, (float(x.mean()), float(y.mean())))
    return None


def _is_brain(grown: Mask, pet: Image) -> bool:
    rows, step = grown.shape[0], pet.grid.spacing[2]
    below = (rows - 1 - _top(grown)) * step
    needed = _CUT_ML if below < 2 * step else _WHOLE_ML
    volume = float(np.count_nonzero(grown) * pet.grid.voxel_volume_ml)
    return bool(below <= _NEAR_TOP_MM and volume >= needed)


def _top(mask: Mask) -> int:
    return int(np.nonzero(mask.any(axis=(1, 2)))[0].max())


def _base(brain: Mask) -> int:
    """Return the lowest slice that is wide; a tumour of the skull's base that touches the brain is narrower."""
    areas = brain.sum(axis=(1, 2))
    return int(np.nonzero(areas >= _WIDE_PART * areas.max())[0].min())


def _within(mask: Mask, spacing: NDArray[np.float64], mm: float) -> Mask:
    return np.asarray(ndimage.distance_transform_edt(mask, sampling=spacing) > mm)


def _grown(mask: Mask, spacing: NDArray[np.float64], mm: float) -> Mask:
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing) <= mm)
