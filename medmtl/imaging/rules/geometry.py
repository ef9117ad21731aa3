"""Rules of where images lie: axes, voxel sizes, and whether PET and CT show the same region."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.findings import Finding, fault, note, warning
from medmtl.imaging.grid import centre_of, shared_fraction
from medmtl.records import Grid

_ORTHONORMAL = 1e-3  # what single precision and rounded headers leave
_POSSIBLE_MM = (0.05, 50.0)  # spacing beyond this is a slip of units
_USUAL_MM = (0.3, 12.0)  # spacing of clinical PET and CT
LEAST_SHARED = 0.1  # less of the smaller box than this in common: the two do not show the same region
_USUALLY_SHARED = 0.6  # of one examination the shorter scan lies in the longer
_TURNED_DEGREES = 10.0  # PET and CT of one examination are parallel
_LONG_CT_MM = 600.0  # longer than head, neck and thorax


def grid_faults(grid: Grid, file: Path) -> Iterator[Finding]:
    """Yield what makes positions in mm wrong."""
    axes = _axes(grid)
    slip = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if slip > _ORTHONORMAL:
        message = f"the axes must be perpendicular and of length 1. Found a slip of {slip:.3f}; write the header again."
        yield fault("direction", message, file=file)
    low, high = _POSSIBLE_MM
    if not all(low <= step <= high for step in grid.spacing):
        message = f"spacing must be between {low} and {high:.0f} mm. Found {_mm(grid.spacing)}; mend the header."
        yield fault("spacing", message, file=file)


def grid_warnings(grid: Grid, file: Path) -> Iterator[Finding]:
    """Yield what is unusual of voxel sizes."""
    low, high = _USUAL_MM
    if not all(low <= step <= high for step in grid.spacing):
        message = f"spacing is usually between {low} and {high:.0f} mm. Found {_mm(grid.spacing)}; is the header right?"
        yield warning("spacing-unusual", message, file=file)


def length_notes(ct: Grid, file: Path) -> Iterator[Finding]:
    """Yield a note where the CT is long."""
    length = float(np.abs(_axes(ct)[2]) @ (np.array(ct.size) * np.array(ct.spacing)))
    if length > _LONG_CT_MM:
        message = f"the CT is {length:.0f} mm long. `prepare.region` can keep a part of it."
        yield note("ct-long", message, file=file)


def pair_faults(pet: Grid, ct: Grid, files: tuple[Path, Path]) -> Iterator[Finding]:
    """Yield a fault where PET and CT (and their `files`) do not show the same region."""
    shared = shared_fraction(pet, ct)
    if shared < LEAST_SHARED:
        yield fault(
            "no-overlap",
            f"PET and CT must show the same region. They share {shared:.0%} of the smaller box; PET origin "
            f"{_mm(pet.origin)}, CT origin {_mm(ct.origin)} mm, centres {_apart(pet, ct):.0f} mm apart. "
            f"Check that {files[0]} and {files[1]} are one study.",
        )


def pair_warnings(pet: Grid, ct: Grid) -> Iterator[Finding]:
    """Yield what is unusual between PET and CT of one examination."""
    shared = shared_fraction(pet, ct)
    if LEAST_SHARED <= shared < _USUALLY_SHARED:
        message = (
            f"PET and CT usually show the same region. They share {shared:.0%} of the smaller box, centres "
            f"{_apart(pet, ct):.0f} mm apart; look at the pictures."
        )
        yield warning("overlap-small", message)
    turned = _turned(pet, ct)
    if turned > _TURNED_DEGREES:
        message = f"PET and CT are usually parallel. Their axes are turned by {turned:.0f} degrees; is a header wrong?"
        yield warning("axes-differ", message)


def _turned(first: Grid, second: Grid) -> float:
    """Return the largest angle [degrees] between an axis of the one and its most parallel axis of the other."""
    cosines = np.abs(_axes(first).T @ _axes(second)).max(axis=1)
    return float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).max())


def _apart(first: Grid, second: Grid) -> float:
    return float(np.linalg.norm(centre_of(first) - centre_of(second)))


def _axes(grid: Grid) -> NDArray[np.float64]:
    return np.array(grid.direction).reshape(3, 3)


def _mm(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 3 if abs(value) < 1 else 1) for value in values)
