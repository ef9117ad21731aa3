"""Rules of what PET and CT hold: finite numbers, SUV and HU as they occur in people."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.findings import Finding, fault, warning
from medmtl.records import Image

_MAX_SUV = 200.0  # no thousandth part of a scan takes up so much, the bladder included; activity [Bq/mL] does
_FAINT_SUV = 0.1  # a scan whose brightest voxel is below this has lost its scale
_HU_LIKE = -50.0  # no SUV is so negative; air is -1000 HU
_NEGATIVE_SUV, _NEGATIVE_SHARE = -0.1, 0.01  # reconstruction leaves few negative voxels, and those near zero
_BODY_SUV = (0.1, 5.0)  # median of the body; about 1 by the definition of SUV
_AIR_HU = -900.0  # every field of view holds air
_HU_SPAN = (-4096.0, 31000.0)  # padding and metal lie within
_SHIFTED = (900.0, 1300.0)  # soft tissue where HU are stored with 1024 added
_SHIFT_FLOOR = 500.0  # above this lies no air, even when shifted


def finite_faults(image: Image, file: Path) -> Iterator[Finding]:
    """Yield a fault where a voxel is no finite number."""
    bad = int(np.count_nonzero(~np.isfinite(image.array))) if image.array.dtype.kind == "f" else 0
    if bad:
        message = f"every voxel must be a finite number. Found {bad} that are not; export the series again."
        yield fault("image", message, file=file)


def suv_faults(pet: Image, file: Path) -> Iterator[Finding]:
    """Yield what shows that the PET is not in SUV."""
    low, high = (float(value) for value in np.quantile(pet.array.astype(np.float32, copy=False), (0.001, 0.999)))
    brightest = float(pet.array.max())
    if low < _HU_LIKE:
        found = f"One voxel in a thousand is below {low:.0f}, as HU are"
        yield fault("pet-hu", f"PET must be SUVbw [g/mL]. {found}; are the columns ct and pet swapped?", file=file)
    elif high > _MAX_SUV:
        found = f"One voxel in a thousand exceeds {high:.0f}, as activity [Bq/mL] does"
        yield fault("pet-activity", f"PET must be SUVbw [g/mL]. {found}; convert it first.", file=file)
    elif brightest < _FAINT_SUV:
        found = f"No voxel exceeds {brightest:.3g}, so its scale is lost"
        yield fault("pet-faint", f"PET must be SUVbw [g/mL]. {found}; convert it again.", file=file)


def suv_warnings(pet: Image, body: NDArray[np.float32], file: Path) -> Iterator[Finding]:
    """Yield what is unusual of the uptake; `body` holds SUVs of the body, empty where it is not known."""
    share = float(np.mean(pet.array.astype(np.float32, copy=False) < _NEGATIVE_SUV))
    if share > _NEGATIVE_SHARE:
        message = f"SUV is rarely negative. Found {share:.0%} of the voxels below {_NEGATIVE_SUV}; is the offset right?"
        yield warning("pet-negative", message, file=file)
    low, high = _BODY_SUV
    median = float(np.median(body)) if body.size else 1.0
    if not low <= median <= high:
        message = (
            f"the body's median SUV is usually between {low} and {high:.0f}. Found {median:.2g}; check weight, dose "
            "and times of the conversion."
        )
        yield warning("pet-background", message, file=file)


def hu_faults(ct: Image, file: Path) -> Iterator[Finding]:
    """Yield a fault where HU are stored with 1024 added."""
    if float(ct.array.min()) < -10:
        return
    probes = _thinned(ct)
    tissue = probes[probes > _SHIFT_FLOOR]
    median = float(np.median(tissue)) if tissue.size > 0.05 * probes.size else 0.0
    if _SHIFTED[0] <= median <= _SHIFTED[1]:
        message = f"CT must be in HU. Nothing is below -10 and tissue is {median:.0f}: subtract 1024."
        yield fault("ct-shifted", message, file=file)


def hu_warnings(ct: Image, file: Path) -> Iterator[Finding]:
    """Yield what is unusual of the range of HU."""
    low, high = float(ct.array.min()), float(ct.array.max())
    if low > _AIR_HU:
        message = f"a CT usually holds air of {_AIR_HU:.0f} HU or less. Found {low:.0f} to {high:.0f}; was it rescaled?"
        yield warning("ct-range", message, file=file)
    elif low < _HU_SPAN[0] or high > _HU_SPAN[1]:
        span = f"{_HU_SPAN[0]:.0f} to {_HU_SPAN[1]:.0f}"
        message = f"HU usually lie within {span}. Found {low:.0f} to {high:.0f}; are slope and intercept applied?"
        yield warning("ct-range", message, file=file)


def _thinned(image: Image) -> NDArray[np.float32]:
    """Return every so-many-th voxel, some hundred thousand at most."""
    step = max(1, round((image.array.size / 1e5) ** (1 / 3)))
    return image.array[::step, ::step, ::step].astype(np.float32)
