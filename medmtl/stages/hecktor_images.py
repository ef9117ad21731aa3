"""Makes the images of one HECKTOR case ready: PET in SUV, known labels on the CT's grid, cut to the box if asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medmtl.cohort.adapters.hecktor.layout import CaseFiles
from medmtl.cohort.adapters.hecktor.patients import Box
from medmtl.cohort.adapters.hecktor.suv_table import SuvRow
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.box import cut_to_box
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Grid, Image
from medmtl.stages.import_stamps import CaseImages

ACTIVITY = 200.0  # a PET of which one voxel in a thousand exceeds this is in Bq/mL: no body takes up so much SUV
POSITION_MM = 1e-2  # NIfTI keeps positions in single precision
PET_MARGIN = 2  # voxels around the box, so that the PET can be interpolated up to its edge
BRANCH = "organisers' table"


@dataclass(frozen=True, slots=True)
class HecktorCase:
    """One case to make ready; `box` is given where it is to be cut to it, `source` is the folder of the challenge."""

    files: CaseFiles
    labels: Mapping[str, int]
    suv: SuvRow | MedmtlError | None
    box: Box | None
    notes: tuple[str, ...]
    source: Path


def convert_case(case: HecktorCase, destination: Path) -> CaseImages:
    """Return the files where they lie, and in `destination` those that had to be changed.

    Raises MedmtlError where CT or PET is missing, cannot be read, where the mask holds other labels or lies on another
    grid than its CT, or where the PET is activity and no plausible row of the SUV table converts it.
    """
    paths = _paths(case.files)
    images = {kind: read_image(path) for kind, path in paths.items()}
    notes = [*case.notes, *_check_mask(case, images)]
    pet, row, more = _in_suv(case, images["pet"], paths["pet"])
    changed = {"pet": pet} if row else {}
    if case.box is not None:
        changed = {kind: _cut(image, kind, case.box) for kind, image in (images | {"pet": pet}).items()}
    kept = paths | {kind: destination / f"{kind}.nii.gz" for kind in changed}
    for kind, image in changed.items():
        write_image(image, kept[kind])
    told = {kind: str(path.relative_to(case.source)) for kind, path in paths.items()}
    if case.files.copies:
        told["not"] = ", ".join(str(copy.relative_to(case.source)) for copy in case.files.copies)
    return CaseImages(
        **kept,
        notes=(*notes, *more),
        chosen=told,
        suv_branch=BRANCH if row else "",
        suv_constants=dict(row.constants) if row else {},
    )


def _paths(files: CaseFiles) -> dict[str, Path]:
    found = {kind: path for kind in ("ct", "pet", "mask") if (path := files.one(kind))}
    lacking = [kind.upper() for kind in ("ct", "pet") if kind not in found]
    if lacking:
        names = ", ".join(map(str, found.values()))
        raise CaseError(
            files.case_id, f"a case must have CT and PET. Found no {' and no '.join(lacking)}, but {names}."
        )
    return found


def _check_mask(case: HecktorCase, images: Mapping[str, Image]) -> list[str]:
    """Return what is to be told of the mask."""
    if "mask" not in images:
        return []
    mask, ct = images["mask"], images["ct"].grid
    found = np.unique(mask.array[mask.array != 0])
    if not np.isin(found, list(case.labels.values())).all():
        raise CaseError(
            case.files.case_id, f"a mask must hold 0 and {dict(case.labels)}. Found the labels {found[:6].tolist()}."
        )
    if not _same(mask.grid, ct):
        raise CaseError(
            case.files.case_id,
            f"the mask must lie on the CT's grid. Found sizes {mask.grid.size} and {ct.size}, "
            f"origins {mask.grid.origin} and {ct.origin}.",
        )
    return [] if found.size else ["the mask is empty"]


def _same(one: Grid, other: Grid) -> bool:
    """Say whether two grids lie on one another, but for what a header rounds."""
    if one.size != other.size or not np.allclose(one.direction, other.direction, atol=1e-3):
        return False
    apart = np.array(one.size) * (np.array(one.spacing) - np.array(other.spacing))  # at the far corner
    return np.allclose(one.origin, other.origin, atol=POSITION_MM) and bool(np.abs(apart).max() < 5 * POSITION_MM)


def _in_suv(case: HecktorCase, pet: Image, path: Path) -> tuple[Image, SuvRow | None, list[str]]:
    """Return the PET in SUVbw [g/mL], the row that converted it, and what is to be told."""
    values = pet.array.astype(np.float32)
    if not np.isfinite(values).all():
        raise CaseError(case.files.case_id, f"{path}: every voxel must be a finite number. Found some that are not.")
    brightest = float(np.quantile(values, 0.999))
    if brightest <= ACTIVITY:
        told = ["named in the SUV table, but its PET is in SUV already"] if case.suv is not None else []
        return pet, None, told
    row = _row(case, path, brightest)
    suv = Image((values * row.factor).astype(np.float32), pet.grid)
    if brightest * row.factor > ACTIVITY:
        raise CaseError(
            case.files.case_id,
            f"{path}: the SUV table must turn the PET into SUVbw. Found one voxel in a thousand "
            f"above {brightest * row.factor:.0f} after it; correct the row.",
        )
    return suv, row, ["PET converted from Bq/mL"]


def _row(case: HecktorCase, path: Path, brightest: float) -> SuvRow:
    if isinstance(case.suv, MedmtlError):
        raise CaseError(case.files.case_id, f"the PET is in Bq/mL, and its row of the SUV table is wrong. {case.suv}")
    if case.suv is None:
        raise CaseError(
            case.files.case_id,
            f"{path}: PET must be SUVbw [g/mL]. One voxel in a thousand exceeds {brightest:.0f}, as activity [Bq/mL] "
            "does, and no SUV table names the patient. Give the organisers' suv_conversion_tags.csv as --suv-table.",
        )
    return case.suv


def _cut(image: Image, kind: str, box: Box) -> Image:
    low, high = (box["x1"], box["y1"], box["z1"]), (box["x2"], box["y2"], box["z2"])
    return cut_to_box(image, low, high, PET_MARGIN if kind == "pet" else 0)
