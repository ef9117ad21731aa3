"""Derives from one mask the thirteen regions in which the winner of HECKTOR 2022 measured: wider, rings, hot, box.

Source: Rebaud L et al., Simplicity is all you need: out-of-the-box nnUNet followed by binary-weighted radiomic model
for segmentation and outcome prediction in head and neck PET/CT, HECKTOR 2022.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from medmtl.errors import MedmtlError

Floats = NDArray[np.float64]
Inside = NDArray[np.bool_]

TIE_MM = 1e-6  # distances are sums of squares of spacings; what is meant to be equal differs by rounding


class RegionName(StrEnum):
    """What is measured of a mask; a dilation reaches so many millimetres outwards, a shell is a dilation less the mask.

    Thresholds keep the voxels of the mask with at least this SUV [g/mL], or this share of the mask's own SUVmax. The
    box is the smallest one, along the grid's axes, that holds the mask.
    """

    MASK = "mask"
    DILATED_1 = "dilated_1mm"
    DILATED_2 = "dilated_2mm"
    DILATED_4 = "dilated_4mm"
    DILATED_8 = "dilated_8mm"
    DILATED_16 = "dilated_16mm"
    SHELL_2 = "shell_2mm"
    SHELL_4 = "shell_4mm"
    SHELL_8 = "shell_8mm"
    SUV_2_5 = "suv_2_5"
    SUV_4 = "suv_4"
    SUV_40_PERCENT = "suv_40_percent"
    BOX = "box"


ALL_REGIONS = tuple(RegionName)
DILATIONS_MM = {
    RegionName.DILATED_1: 1.0,
    RegionName.DILATED_2: 2.0,
    RegionName.DILATED_4: 4.0,
    RegionName.DILATED_8: 8.0,
    RegionName.DILATED_16: 16.0,
}
SHELLS_MM = {RegionName.SHELL_2: 2.0, RegionName.SHELL_4: 4.0, RegionName.SHELL_8: 8.0}
FIXED_SUV = {RegionName.SUV_2_5: 2.5, RegionName.SUV_4: 4.0}
OF_MAXIMUM = {RegionName.SUV_40_PERCENT: 0.4}
NEEDS_SUV = frozenset({*FIXED_SUV, *OF_MAXIMUM})


def derive(
    inside: Inside, spacing: Sequence[float], names: Sequence[RegionName], suv: Floats | None
) -> dict[RegionName, Inside]:
    """Return the regions of these names, each on the mask's own grid (z, y, x); all are empty where the mask is.

    `spacing` [mm] is in the array's order. A voxel is within a dilation when its centre lies at most so far from the
    centre of a voxel of the mask, so a dilation by less than the spacing adds nothing. Nothing grows beyond the image.
    `suv` lies on the same grid; a value that is not a number is below every threshold. Raises MedmtlError where a
    threshold is asked for without it.
    """
    lacking = [name for name in names if name in NEEDS_SUV]
    if suv is None and lacking:
        raise MedmtlError(
            f"the regions {', '.join(lacking)} need the SUV of a PET. Found none; name it, or leave them out."
        )
    if not inside.any():
        return {name: np.zeros_like(inside) for name in names}
    reach = max((reach_mm(name) for name in names), default=0.0)
    near = _surroundings(inside, spacing, reach)
    distance = distance_transform_edt(~inside[near], sampling=spacing) if reach else None
    return {
        name: _whole(_region(name, inside[near], distance, None if suv is None else suv[near]), near, inside.shape)
        for name in names
    }


def reach_mm(name: RegionName) -> float:
    """Return how far a region reaches beyond the mask [mm]."""
    return DILATIONS_MM.get(name, SHELLS_MM.get(name, 0.0))


def _region(name: RegionName, inside: Inside, distance: Floats | None, suv: Floats | None) -> Inside:
    if distance is not None and reach_mm(name):
        grown: Inside = distance <= reach_mm(name) + TIE_MM
        return grown & ~inside if name in SHELLS_MM else grown
    if suv is not None and name in NEEDS_SUV:
        return _hot(inside, suv, name)
    return _box(inside) if name == RegionName.BOX else inside


def _hot(inside: Inside, suv: Floats, name: RegionName) -> Inside:
    known = suv[inside & np.isfinite(suv)]
    highest = float(known.max()) if known.size else 0.0
    limit = FIXED_SUV.get(name, OF_MAXIMUM.get(name, 0.0) * highest)
    hot: Inside = inside & (np.nan_to_num(suv, nan=-np.inf) >= limit)
    return hot


def _box(inside: Inside) -> Inside:
    box = np.zeros_like(inside)
    box[_surroundings(inside, (1.0, 1.0, 1.0), 0.0)] = True
    return box


def _surroundings(inside: Inside, spacing: Sequence[float], reach_mm: float) -> tuple[slice, ...]:
    """Return the part of the array that holds the mask and all within reach of it: distances cost by its size alone."""
    found = []
    for axis, step in enumerate(spacing):
        line = np.flatnonzero(inside.any(axis=tuple(other for other in range(inside.ndim) if other != axis)))
        margin = ceil(reach_mm / step)
        found.append(slice(max(int(line[0]) - margin, 0), min(int(line[-1]) + margin + 1, inside.shape[axis])))
    return tuple(found)


def _whole(part: Inside, near: tuple[slice, ...], shape: tuple[int, ...]) -> Inside:
    whole = np.zeros(shape, dtype=bool)
    whole[near] = part
    return whole
