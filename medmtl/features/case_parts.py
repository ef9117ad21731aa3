"""Divides one mask into its parts (labels, their union, lesions), and each part into regions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.conventional import suv_inside
from medmtl.features.engine.checks import same_grid
from medmtl.features.engine.result import RefusedError, RegionStatus
from medmtl.features.image_row import ExtractionPlan, ImageRow
from medmtl.features.isotropic import covers
from medmtl.features.lesions import lesions
from medmtl.features.regions import NEEDS_SUV, RegionName, derive

Inside = NDArray[np.bool_]
Key = tuple[str, RegionName]  # a part and a region of it

UNION = "union"


@dataclass(frozen=True, slots=True, eq=False)
class CaseImages:
    """The images of one line as read; labels of the mask are whole numbers."""

    image: sitk.Image
    mask: sitk.Image
    pet: sitk.Image | None


@dataclass(frozen=True, slots=True)
class Packed:
    """A region (z, y, x) in an eighth of its memory; equal regions are equal, so that they are measured once."""

    bits: bytes
    shape: tuple[int, ...]
    voxels: int

    def unpack(self) -> Inside:
        """Return the region as booleans."""
        count = prod(self.shape)
        bits = np.unpackbits(np.frombuffer(self.bits, dtype=np.uint8), count=count)
        return bits.reshape(self.shape).astype(bool)


def packed(inside: Inside) -> Packed:
    """Return a region to keep."""
    return Packed(np.packbits(inside).tobytes(), inside.shape, int(np.count_nonzero(inside)))


class MasksInTurn(Mapping[str, sitk.Image]):
    """Masks of 0 and 1 on one grid, each made when it is asked for: memory holds one at a time, however many."""

    def __init__(self, regions: Mapping[str, Packed], like: sitk.Image) -> None:
        self._regions = regions
        self._like = like

    def __getitem__(self, name: str) -> sitk.Image:
        return as_mask(self._regions[name].unpack(), self._like)

    def __iter__(self) -> Iterator[str]:
        return iter(self._regions)

    def __len__(self) -> int:
        return len(self._regions)


def parts_of(labels: NDArray[np.generic], row: ImageRow, plan: ExtractionPlan) -> dict[str, Inside]:
    """Return the parts of a mask (z, y, x) by name; labels that it does not hold are empty parts."""
    wanted = plan.labels_of(row)
    parts = {name: labels == label for name, label in wanted.items()}
    whole = np.isin(labels, list(wanted.values()))
    if plan.union:
        parts[UNION] = whole
    if plan.lesions:
        numbered, count = lesions(whole)
        parts |= {f"lesion {number}": numbered == number for number in range(1, count + 1)}
    return parts


def regions_of(
    images: CaseImages, inside: Inside, plan: ExtractionPlan
) -> Iterator[tuple[RegionName, Packed | RefusedError]]:
    """Yield every region of one part (z, y, x), or why it cannot be had."""
    spacing = images.mask.GetSpacing()[::-1]
    suv = _suv(images, inside, plan)
    hindered = NEEDS_SUV if isinstance(suv, RefusedError) else frozenset()
    names = [name for name in plan.regions if name not in hindered]
    found = derive(inside, spacing, names, None if isinstance(suv, RefusedError) else suv)
    for name in plan.regions:
        yield name, suv if isinstance(suv, RefusedError) and name in hindered else packed(found[name])


def as_mask(inside: Inside, like: sitk.Image) -> sitk.Image:
    """Return a mask of 0 and 1 on the grid of another image."""
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    mask.CopyInformation(like)
    return mask


def _suv(images: CaseImages, inside: Inside, plan: ExtractionPlan) -> NDArray[np.float64] | RefusedError:
    if not NEEDS_SUV & set(plan.regions):
        return RefusedError(RegionStatus.ERROR, "no threshold is asked for")
    if plan.suv and same_grid(images.image, images.mask, None):
        suv: NDArray[np.float64] = sitk.GetArrayFromImage(images.image).astype(np.float64)
        return suv
    pet = images.image if plan.suv else images.pet
    if pet is None:
        return RefusedError(
            RegionStatus.ERROR, "a threshold needs SUV. Found no column `Pet`, nor images that are PET (--suv)"
        )
    return _suv_on_mask(pet, inside, images.mask)


def _suv_on_mask(pet: sitk.Image, inside: Inside, mask: sitk.Image) -> NDArray[np.float64] | RefusedError:
    suv = np.full(inside.shape, np.nan)
    if inside.any():
        region = as_mask(inside, mask)
        if not covers(pet, region):
            return RefusedError(RegionStatus.GEOMETRY, "the mask must lie within the PET. Found a part of it outside")
        suv[inside] = suv_inside(pet, region)
    return suv
