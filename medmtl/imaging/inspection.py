"""Looks at one case's images by every rule, and measures what a person wants to see beside their pictures."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.findings import Finding, fault
from medmtl.imaging.grid import shared_fraction
from medmtl.imaging.image import read_image
from medmtl.imaging.rules.geometry import (
    LEAST_SHARED,
    grid_faults,
    grid_warnings,
    length_notes,
    pair_faults,
    pair_warnings,
)
from medmtl.imaging.rules.lesions import lesion_warnings
from medmtl.imaging.rules.masks import mask_faults, place_warnings
from medmtl.imaging.rules.voxels import finite_faults, hu_faults, hu_warnings, suv_faults, suv_warnings
from medmtl.imaging.sampling import suv_in_mask, suv_of_body
from medmtl.records import Grid, Image

_VALUES: dict[str, Callable[[Image, Path], Iterator[Finding]]] = {"pet": suv_faults, "ct": hu_faults}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What was measured of one case; None where the image is missing or cannot be read.

    `suv_max` [g/mL] is that of the mask, else of the whole PET; `hashes` are of voxels and place, by role.
    """

    grids: Mapping[str, Grid]
    hashes: Mapping[str, str]
    suv_max: float | None
    volume_ml: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Inspected:
    """The images that could be read, by role (`ct`, `pet`, `mask`), what was measured, and what was found."""

    images: Mapping[str, Image]
    facts: ImageFacts
    findings: tuple[Finding, ...]


def inspect(paths: Mapping[str, Path], labels: Mapping[str, int]) -> Inspected:
    """Read the images of one case, by role, and hold them to every rule; never raises for what the images are."""
    images: dict[str, Image] = {}
    found: list[Finding] = []
    for role, path in paths.items():
        try:
            image = read_image(path)
        except MedmtlError as error:
            found.append(_unreadable(path, str(error)))
            continue
        broken = [*finite_faults(image, path), *grid_faults(image.grid, path)]
        found += broken
        if not broken:  # numbers and places that are wrong would only raise false alarms
            images[role] = image
    found += _rules(images, paths, labels)
    return Inspected(images, _facts(images), tuple(found))


def _rules(images: Mapping[str, Image], paths: Mapping[str, Path], labels: Mapping[str, int]) -> Iterator[Finding]:
    pet, ct, mask = (images.get(role) for role in ("pet", "ct", "mask"))
    wrong = {role: list(_VALUES[role](images[role], paths[role])) for role in ("pet", "ct") if role in images}
    for role, findings in wrong.items():
        yield from findings
        yield from grid_warnings(images[role].grid, paths[role])
    if ct and not wrong["ct"]:
        yield from hu_warnings(ct, paths["ct"])
        yield from length_notes(ct.grid, paths["ct"])
    if pet and ct:
        yield from pair_faults(pet.grid, ct.grid, (paths["pet"], paths["ct"]))
        yield from pair_warnings(pet.grid, ct.grid)
    if pet and not wrong["pet"]:
        body = suv_of_body(pet, ct) if ct and not wrong["ct"] else np.zeros(0, np.float32)
        yield from suv_warnings(pet, body, paths["pet"])
    if mask:
        yield from _mask_rules(mask, paths["mask"], pet if not wrong.get("pet") else None, images, labels)


def _mask_rules(
    mask: Image, path: Path, uptake: Image | None, images: Mapping[str, Image], labels: Mapping[str, int]
) -> Iterator[Finding]:
    ct, pet = (images[role].grid if role in images else None for role in ("ct", "pet"))
    if ct and pet and shared_fraction(pet, ct) < LEAST_SHARED:
        pet = None  # which is a fault already, and the mask belongs to the CT
    wrong = list(mask_faults(mask, path, ct, pet, labels))
    yield from wrong
    if not wrong:
        yield from place_warnings(mask, path, ct, pet)
        suv = suv_in_mask(uptake, mask) if uptake else np.zeros(0, np.float32)
        yield from lesion_warnings(mask, path, suv, labels)


def _facts(images: Mapping[str, Image]) -> ImageFacts:
    pet, mask = images.get("pet"), images.get("mask")
    filled = int(np.count_nonzero(mask.array)) if mask else 0
    suv = suv_in_mask(pet, mask) if pet and mask and filled else None
    brightest = float(suv.max()) if suv is not None and suv.size else float(pet.array.max()) if pet else None
    volume = filled * mask.grid.voxel_volume_ml if mask else None
    grids = {role: image.grid for role, image in images.items()}
    return ImageFacts(grids, {role: _digest(image) for role, image in images.items()}, brightest, volume)


def _digest(image: Image) -> str:
    """Return a hash of values and place: the same whichever way the file is packed."""
    digest = hashlib.sha256(f"{image.grid} {image.array.dtype}".encode())
    digest.update(np.ascontiguousarray(image.array).data)
    return digest.hexdigest()[:16]


def _unreadable(path: Path, told: str) -> Finding:
    if "orthonormal" in told:  # ITK's words for what grid_faults calls a direction
        message = "the axes must be perpendicular and of length 1, and the header's are not; write the header again."
        return fault("direction", message, file=path)
    return fault("image", told.removeprefix(f"{path}: "), file=path)
