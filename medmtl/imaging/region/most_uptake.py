"""The box that holds the most uptake, whatever organ takes it up."""

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.region.uptake import box_at, coarse_pet, fullest, heat
from medmtl.imaging.voxel_box import Box


class MostUptake(Region):
    """Keeps the box of `size_mm` (left-right, anterior-posterior, inferior-superior) with the most uptake in it.

    Uptake counts from SUV `floor` to `ceiling`. Knows nothing of organs: for scans that show a limb or one region,
    where the tumour is the largest thing that takes up. Brain, heart and bladder would win elsewhere.
    """

    def __init__(self, size_mm: tuple[float, float, float], floor: float = 2.5, ceiling: float = 10.0) -> None:
        check_size_and_range(size_mm, floor, ceiling)
        self._size = np.array(size_mm)
        self._range = (floor, ceiling)

    def find(self, scans: Scans, within: Box) -> Box:
        """Return the box; the middle one where nothing takes up."""
        pet = coarse_pet(scans, within)
        field = heat(pet.array, *self._range)
        middle = (np.array(pet.grid.size) - 1) / 2
        centre = fullest(field, pet.grid.spacing, self._size) if field.any() else middle
        return box_at(centre, pet.grid, self._size, scans.ct.grid, within)


def check_size_and_range(size_mm: tuple[float, float, float], floor: float, ceiling: float) -> None:
    """Raise MedmtlError where a box would be empty, or no uptake could count."""
    if min(size_mm) <= 0:
        raise MedmtlError(f"A box must be longer than 0 mm along every axis. Found size_mm {size_mm}.")
    if not 0 <= floor < ceiling:
        raise MedmtlError(f"Uptake must count from a floor of 0 or more to a higher ceiling. Found {floor}, {ceiling}.")
