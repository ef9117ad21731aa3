"""A box about the uptake of a head and neck, the brain's, the heart's and the bladder's left aside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.region.brain import Brain, find_brain
from medmtl.imaging.region.most_uptake import check_size_and_range
from medmtl.imaging.region.uptake import Field, box_at, coarse_pet, fullest, heat
from medmtl.imaging.voxel_box import Box
from medmtl.records import Image

_ABOVE_BASE_MM = 40.0  # the nasopharynx and the orbits' floor lie beside the lower brain
_PRIOR_BELOW_BASE_MM = 65.0  # from the cerebellum's lower end to the middle of 0 to 330 mm below the vertex
_BASE_BELOW_VERTEX_MM = 135.0  # of a head whose brain takes up little
_CUT_CM2 = 90.0  # a slice below its highest a whole head has 60 cm² at most, one that is cut twice as much
_SPECK_CM2 = 5.0
_ARMS_MM = 90.0  # further from the middle lie raised arms
_PRIOR_WIDTH_MM = 30.0
_PATIENT_SUV = 0.3  # above the air's noise, below muscle


@dataclass(frozen=True, slots=True)
class _Levels:
    """Slices between which uptake counts, and where it is expected [voxels x, y, z]."""

    low: int
    high: int
    expected: NDArray[np.float64]


class PetGuided(Region):
    """Keeps the box of `size_mm` (left-right, anterior-posterior, inferior-superior) with the most uptake of the neck.

    1. Uptake counts from SUV `floor` to `ceiling`, so that no hot organ outweighs by its peak.
    2. The brain, where the PET shows one at the top of the region, does not count, nor does its blur.
    3. Uptake counts from 40 mm above the brain's base to `reach_mm` below it: further down lie heart, liver and
       bladder. Where no brain is found the base is the region's top if the scan cuts the patient there, else it is
       135 mm below the vertex.
    4. A weak expectation, worth `prior_ml` at the floor's SUV, 65 mm below the base, draws the box where little counts.
    5. Of all boxes that hold nearly the most of it, the middle one is taken.

    To be used in the slab that `BodyTopSlab` leaves, since the region's top must be the top of the head.
    """

    def __init__(
        self,
        size_mm: tuple[float, float, float] = (192.0, 192.0, 224.0),
        floor: float = 2.5,
        ceiling: float = 10.0,
        reach_mm: float = 200.0,
        prior_ml: float = 10.0,
    ) -> None:
        check_size_and_range(size_mm, floor, ceiling)
        if reach_mm <= 0 or prior_ml <= 0:
            raise MedmtlError(f"reach_mm and prior_ml must be above 0. Found {reach_mm}, {prior_ml}.")
        self._size = np.array(size_mm)
        self._range = (floor, ceiling)
        self._reach = reach_mm
        self._prior = prior_ml * max(floor, 1.0)

    def find(self, scans: Scans, within: Box) -> Box:
        """Return the box, moved into `within`, and cut where that is smaller."""
        pet = coarse_pet(scans, within)
        brain = find_brain(pet)
        levels = self._levels(pet, brain)
        counted = heat(pet.array, *self._range)
        counted[: levels.low] = counted[levels.high :] = 0
        if brain is not None:
            counted[brain.inside] = 0
        centre = fullest(counted + self._expected(pet, levels), pet.grid.spacing, self._size)
        return box_at(centre, pet.grid, self._size, scans.ct.grid, within)

    def _levels(self, pet: Image, brain: Brain | None) -> _Levels:
        step, rows = pet.grid.spacing[2], pet.array.shape[0]
        base = brain.base if brain else _base_without_brain(pet)
        low = min(max(0, round(base - self._reach / step)), rows - 1)
        high = max(low + 1, min(rows, round(base + _ABOVE_BASE_MM / step)))
        z = float(np.clip(base - _PRIOR_BELOW_BASE_MM / step, low, high - 1))
        x, y = brain.middle if brain else _middle(pet.array[low:high])
        return _Levels(low, high, np.array([x, y, z]))

    def _expected(self, pet: Image, levels: _Levels) -> Field:
        axes = np.meshgrid(*(np.arange(n) for n in pet.array.shape), indexing="ij")
        away = zip(axes, levels.expected[::-1], pet.grid.spacing[::-1], strict=True)
        squares = sum(((axis - at) * step) ** 2 for axis, at, step in away)
        bell = np.exp(-np.asarray(squares) / (2 * _PRIOR_WIDTH_MM**2))
        return np.asarray(bell / bell.sum() * self._prior / pet.grid.voxel_volume_ml, dtype=np.float32)


def _base_without_brain(pet: Image) -> int:
    """Return the slice of the skull's base: the highest one where the scan cuts the head."""
    across, _, step = pet.grid.spacing
    patient = np.greater(pet.array, _PATIENT_SUV)
    aside = np.abs(np.arange(patient.shape[2]) - _middle(pet.array)[0]) * across
    areas = patient[:, :, aside <= _ARMS_MM].sum(axis=(1, 2)) * np.prod(pet.grid.spacing[:2]) / 100
    shown = np.nonzero(areas > _SPECK_CM2)[0]
    if not len(shown):
        return int(patient.shape[0]) - 1
    highest = int(shown.max())
    cut = areas[max(0, highest - 1)] > _CUT_CM2
    return highest if cut else max(0, highest - round(_BASE_BELOW_VERTEX_MM / step))


def _middle(suv: NDArray[np.generic]) -> tuple[float, float]:
    """Return the middle of the patient in x and y, of the image where it shows none."""
    _, y, x = np.nonzero(np.greater(suv, _PATIENT_SUV))
    middle = ((suv.shape[2] - 1) / 2, (suv.shape[1] - 1) / 2)
    return (float(np.median(x)), float(np.median(y))) if len(x) else middle
