"""Rules that a mask must obey to be used: labels that are known, on the patient, inside PET and CT."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from medmtl.findings import Finding, fault, warning
from medmtl.imaging.grid import labelled_within, points_at
from medmtl.records import Grid, Image

_LEAST_WITHIN = 0.5  # of the labelled voxels: a mask that lies elsewhere has lost its header
_USUALLY_WITHIN = 0.99
_LARGEST_SHARE = 0.5  # of the image: a mask that covers more is turned inside out


def mask_faults(
    mask: Image, file: Path, ct: Grid | None, pet: Grid | None, labels: Mapping[str, int]
) -> Iterator[Finding]:
    """Yield what forbids the mask's use with this CT and PET (None where not known)."""
    yield from _label_faults(mask, file, labels)
    share = np.count_nonzero(mask.array) / mask.array.size
    if share > _LARGEST_SHARE:
        message = f"a mask must be smaller than its surroundings. It covers {share:.0%} of the image; is it inverted?"
        yield fault("mask-inverted", message, file=file)
    apart = [name for name, grid in (("CT", ct), ("PET", pet)) if grid and labelled_within(mask, grid) < _LEAST_WITHIN]
    for name in apart[:1]:  # what is outside of both has one cause
        yield _outside(name, mask, ct if name == "CT" else pet, file)
    if ct and not apart and mask.grid.size == ct.size and not _same_place(mask.grid, ct):
        message = (
            f"a mask of the CT's size must lie on its voxels. Mask origin {_mm(mask.grid.origin)}, spacing "
            f"{_mm(mask.grid.spacing)}; CT origin {_mm(ct.origin)}, spacing {_mm(ct.spacing)} mm. "
            "Write the mask with the CT's geometry."
        )
        yield fault("mask-grid", message, file=file)


def place_warnings(mask: Image, file: Path, ct: Grid | None, pet: Grid | None) -> Iterator[Finding]:
    """Yield what is unusual of where the mask lies."""
    if ct and mask.grid.size != ct.size:
        message = (
            f"a mask usually lies on the CT's voxels, {ct.size}. Found {mask.grid.size}; it is moved there by its "
            "geometry, so look whether the contour fits."
        )
        yield warning("mask-other-grid", message, file=file)
    for name, grid in (("CT", ct), ("PET", pet)):
        within = labelled_within(mask, grid) if grid else 1.0
        if _LEAST_WITHIN <= within < _USUALLY_WITHIN:
            message = f"the tumour should lie wholly in the {name}. {1 - within:.0%} of the mask is outside of it."
            yield warning(f"mask-cut-{name.lower()}", message, file=file)


def _label_faults(mask: Image, file: Path, labels: Mapping[str, int]) -> Iterator[Finding]:
    found = np.unique(mask.array[mask.array != 0])  # of the few: sorting the zeros as well takes seconds
    if np.isin(found, list(labels.values())).all():
        return
    whole = bool(np.all(found == np.round(found)))
    remedy = "Name the label there, or mend the mask" if whole else "Threshold the mask: it holds fractions"
    shown = [0, *found[:5].tolist()]
    rule = f"a mask must hold 0 and the labels of `prepare.labels` {dict(labels)}"
    yield fault("mask-labels", f"{rule}. Found {shown}. {remedy}.", file=file)


def _outside(name: str, mask: Image, grid: Grid | None, file: Path) -> Finding:
    within, place = (labelled_within(mask, grid), _mm(grid.origin)) if grid else (0.0, ())
    message = (
        f"a mask must lie in its {name}. Found {within:.0%} of its labelled voxels there; mask origin "
        f"{_mm(mask.grid.origin)}, {name} origin {place} mm. Write the mask with the CT's geometry."
    )
    return fault(f"mask-outside-{name.lower()}", message, file=file)


def _same_place(first: Grid, second: Grid) -> bool:
    """Say whether corresponding corners are less than half a voxel apart."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) * (np.array(first.size) - 1.0)
    half = min(*first.spacing, *second.spacing) / 2
    return bool(np.abs(points_at(first, corners) - points_at(second, corners)).max() < half)


def _mm(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 1) for value in values)
