"""Prepares a case for the network: one grid, SUV and HU normalised, kept in a file named by the hash of its content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import CaseError, MedmtlError
from medmtl.findings import Finding
from medmtl.imaging.grid import working_grid
from medmtl.imaging.prepared import PreparedCase, save_prepared
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.resample import box_near, near, resample_labels, resample_linear
from medmtl.imaging.rules.geometry import grid_faults, pair_faults
from medmtl.imaging.rules.masks import mask_faults
from medmtl.imaging.rules.voxels import hu_faults, suv_faults
from medmtl.imaging.scan import Scan, open_scan
from medmtl.imaging.settings import PrepareSettings
from medmtl.imaging.voxel_box import part_of, whole_box
from medmtl.members import build
from medmtl.records import Case, Grid, Image

AIR_HU = -1024.0  # what lies outside the CT
_RECIPE = 2  # raised whenever the same files and settings would give other voxels


def prepare(case: Case, settings: PrepareSettings, folder: Path) -> Path:
    """Prepare the case unless the same content is there already; return its file `<case_id>-<hash>.npz`.

    Raises CaseError where a file is missing or cannot be read, or where `imaging.rules` finds a fault.
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


def content_hash(case: Case, settings: PrepareSettings) -> str:
    """Return 16 hex digits that change with the bytes of any file, the settings or the recipe."""
    digest = hashlib.sha256(f"{_RECIPE} {settings.told()}".encode())
    for path in (case.pet, case.ct, case.mask):
        digest.update(b"-" if path is None else _file_digest(path))
    return digest.hexdigest()[:16]


def normalise(suv: NDArray[np.generic], hu: NDArray[np.generic], settings: PrepareSettings) -> NDArray[np.float32]:
    """Return PET as log(1 + SUV) and CT as -1..1 over its window, stacked [2, D, H, W]."""
    low, high = settings.ct_window_hu
    pet = np.log1p(np.clip(suv.astype(np.float32), 0, settings.suv_ceiling))
    ct = 2 * (np.clip(hu.astype(np.float32), low, high) - low) / (high - low) - 1
    return np.stack([pet, ct]).astype(np.float32)


def _prepared(case: Case, settings: PrepareSettings) -> PreparedCase:
    scans, pet = _opened(case)
    grid = _working_grid(scans, settings)
    suv = resample_linear(near(pet, grid), grid, outside=0.0)
    hu = resample_linear(_read_ct(case, scans.ct, grid), grid, outside=AIR_HU)
    image = normalise(suv.array, hu.array, settings)
    mask = None if case.mask is None else _read_mask(case, case.mask, (pet.grid, scans.ct.grid), settings)
    known = tuple(settings.labels.values())
    classes = None if mask is None else resample_labels(near(mask, grid), grid, known).array.astype(np.uint8)
    return PreparedCase(case.case_id, image, classes, grid)


def _opened(case: Case) -> tuple[Scans, Image]:
    """Return the case's scans, checked to show the same region, and the PET, read and checked."""
    scans = Scans(pet=open_scan(case.pet), ct=open_scan(case.needed_ct))
    pet = scans.pet.read()
    for scan in (scans.pet, scans.ct):
        _refuse(case, grid_faults(scan.grid, scan.path))
    _refuse(case, suv_faults(pet, case.pet))
    _refuse(case, pair_faults(pet.grid, scans.ct.grid, (case.pet, scans.ct.path)))
    return scans, pet


def _working_grid(scans: Scans, settings: PrepareSettings) -> Grid:
    region = build(settings.region, Region)  # type: ignore[type-abstract]
    ct = scans.ct.grid
    return working_grid(part_of(ct, region.find(scans, whole_box(ct))), settings.spacing_mm)


def _read_ct(case: Case, ct: Scan, grid: Grid) -> Image:
    found = ct.read(box_near(ct.grid, grid))
    _refuse(case, hu_faults(found, ct.path))
    return found


def _read_mask(case: Case, path: Path, images: tuple[Grid, Grid], settings: PrepareSettings) -> Image:
    mask, (pet, ct) = open_scan(path).read(), images
    _refuse(case, [*grid_faults(mask.grid, path), *mask_faults(mask, path, ct, pet, settings.labels)])
    return mask


def _refuse(case: Case, found: Iterable[Finding]) -> None:
    told = " ".join(str(finding) for finding in found)
    if told:
        raise CaseError(case.case_id, told)


def _file_digest(path: Path) -> bytes:
    if not path.is_file():
        raise MedmtlError(f"{path}: the file does not exist. Correct the path in the manifest, or restore the file.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
