"""Prepares a case for the network: one grid, SUV and HU normalised, kept in a file named by the hash of its content."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.grid import labelled_within, shared_fraction, working_grid
from medmtl.imaging.image import read_image
from medmtl.imaging.prepared import PreparedCase, save_prepared
from medmtl.imaging.resample import resample_labels, resample_linear
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Grid, Image

AIR_HU = -1024.0  # what lies outside the CT
_RECIPE = 2  # raised whenever the same files and settings would give other voxels
_MIN_IN_CT = 0.5  # of the labelled voxels: a mask that lies elsewhere has lost its header
_MIN_SHARED = 0.1  # less of the smaller box than this in common: the two do not show the same region
_MAX_SUV = 500.0  # no thousandth part of a scan takes up so much, the bladder included; activity [Bq/mL] does


def prepare(case: Case, settings: PrepareSettings, folder: Path) -> Path:
    """Prepare the case unless the same content is there already; return its file `<case_id>-<hash>.npz`.

    Raises CaseError where a file is missing or cannot be read, holds a number that is not finite, where PET and CT do
    not overlap, or where the mask holds a label that the settings do not name.
    """
    try:
        path = folder / f"{case.case_id}-{content_hash(case, settings)}.npz"
        if not path.is_file():
            save_prepared(_prepared(case, settings), path)
    except CaseError:
        raise
    except MedmtlError as error:
        raise CaseError(case.case_id, str(error)) from error
    return path


def check_images(case: Case, settings: PrepareSettings) -> None:
    """Raise CaseError where `prepare` would."""
    try:
        _, ct = read_pet_ct(case)
        if case.mask is not None:
            _read_mask(case.case_id, case.mask, ct.grid, settings)
    except CaseError:
        raise
    except MedmtlError as error:
        raise CaseError(case.case_id, str(error)) from error


def content_hash(case: Case, settings: PrepareSettings) -> str:
    """Return 16 hex digits that change with the bytes of any file, the settings or the recipe."""
    digest = hashlib.sha256(f"{_RECIPE} {settings.model_dump_json()}".encode())
    for path in (case.pet, case.ct, case.mask):
        digest.update(b"-" if path is None else _file_digest(path))
    return digest.hexdigest()[:16]


def normalise(suv: NDArray[np.generic], hu: NDArray[np.generic], settings: PrepareSettings) -> NDArray[np.float32]:
    """Return PET as log(1 + SUV) and CT as -1..1 over its window, stacked [2, D, H, W]."""
    low, high = settings.ct_window_hu
    pet = np.log1p(np.clip(suv.astype(np.float32), 0, settings.suv_ceiling))
    ct = 2 * (np.clip(hu.astype(np.float32), low, high) - low) / (high - low) - 1
    return np.stack([pet, ct]).astype(np.float32)


def read_pet_ct(case: Case) -> tuple[Image, Image]:
    """Read the case's PET [SUV] and CT [HU], checked to be finite and to show the same region."""
    pet, ct = (_finite(read_image(path), path) for path in (case.pet, case.needed_ct))
    _check_suv(pet, case.pet)
    shared = shared_fraction(pet.grid, ct.grid)
    if shared < _MIN_SHARED:
        raise CaseError(
            case.case_id,
            f"PET and CT must show the same region. They share {shared:.0%} of the smaller box; PET origin "
            f"{_millimetres(pet.grid)}, CT origin {_millimetres(ct.grid)} mm. "
            f"Check that {case.pet} and {case.ct} are one study.",
        )
    return pet, ct


def _prepared(case: Case, settings: PrepareSettings) -> PreparedCase:
    pet, ct = read_pet_ct(case)
    grid = working_grid(ct.grid, settings.spacing_mm)
    suv = resample_linear(pet, grid, outside=0.0)
    hu = resample_linear(ct, grid, outside=AIR_HU)
    mask = None if case.mask is None else _read_mask(case.case_id, case.mask, ct.grid, settings)
    known = tuple(settings.labels.values())
    classes = None if mask is None else resample_labels(mask, grid, known).array.astype(np.uint8)
    return PreparedCase(case.case_id, normalise(suv.array, hu.array, settings), classes, grid)


def _read_mask(case_id: str, path: Path, ct: Grid, settings: PrepareSettings) -> Image:
    mask = read_image(path)
    found = np.unique(mask.array)
    if not np.isin(found, (0, *settings.labels.values())).all():
        raise CaseError(
            case_id,
            f"{path}: a mask must hold 0 and the labels of `prepare.labels` {settings.labels}. "
            f"Found {found[:6].tolist()}. Name the label there, or mend the mask.",
        )
    within = labelled_within(mask, ct)
    if within < _MIN_IN_CT:
        raise CaseError(
            case_id,
            f"{path}: a mask must lie in its CT. Found {within:.0%} of its labelled voxels there; mask origin "
            f"{_millimetres(mask.grid)}, CT origin {_millimetres(ct)} mm. Write the mask with the CT's geometry.",
        )
    return mask


def _check_suv(pet: Image, path: Path) -> None:
    brightest = float(np.quantile(pet.array.astype(np.float64), 0.999))
    if brightest > _MAX_SUV:
        found = f"One voxel in a thousand exceeds {brightest:.0f}, as activity [Bq/mL] does"
        raise MedmtlError(f"{path}: PET must be SUVbw [g/mL]. {found}; convert it first.")


def _finite(image: Image, path: Path) -> Image:
    bad = int(np.count_nonzero(~np.isfinite(image.array)))
    if bad:
        raise MedmtlError(
            f"{path}: every voxel must be a finite number. Found {bad} that are not; export the series again."
        )
    return image


def _file_digest(path: Path) -> bytes:
    if not path.is_file():
        raise MedmtlError(f"{path}: the file does not exist. Correct the path in the manifest, or restore the file.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _millimetres(grid: Grid) -> tuple[float, ...]:
    return tuple(round(value, 1) for value in grid.origin)
