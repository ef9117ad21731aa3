"""Imports the soft-tissue sarcoma cohort: its clinical sheet and its images become a manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from medmtl.cohort.adapters.sts import CENTRE, COLUMNS, ClinicalRow, read_clinical
from medmtl.cohort.adapters.sts_images import REGION, PatientFolders, find_patients
from medmtl.cohort.manifest import MANIFEST, write_manifest
from medmtl.cohort.publish import new_cohort
from medmtl.dicom.rtstruct import fill_contours, read_contours
from medmtl.dicom.series import Series, read_series
from medmtl.dicom.suv import SuvConversion, to_suv
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Case, Cohort, Image

REPORT = "import_report.csv"
POSITION_MM = 1e-3  # NIfTI keeps positions in single precision


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the report; `status` is imported, failed or left_out."""

    case_id: str
    source: str
    status: str
    reason: str = ""
    suv_branch: str = ""
    suv_constants: str = ""


def import_sts(images: Path, clinical: Path, out: Path, jobs: int) -> Path:
    """Write manifest, schema and `import_report.csv` into `out`; return the manifest's path.

    NIfTI is referred to where it lies; DICOM is converted into `out/images`. A patient that fails is reported and left
    out; one without a line in the sheet has empty values. Raises MedmtlError where none can be imported, or where
    `out` holds another cohort.
    """
    rows, patients = read_clinical(clinical), find_patients(images)
    with new_cohort(out) as partial:
        work = (delayed(_import_case)(folders, rows.get(name), partial) for name, folders in patients.items())
        done: list[tuple[Case | None, Entry]] = Parallel(n_jobs=jobs)(work)
        entries = [entry for _, entry in done]
        cases = tuple(case for case, _ in done if case is not None)
        if not cases:
            raise MedmtlError(_none(images, entries))
        absent = [Entry(name, "", "left_out", "no images found") for name in rows if name not in patients]
        write_manifest(Cohort(cases, COLUMNS), partial)
        pd.DataFrame([*entries, *absent]).to_csv(partial / REPORT, index=False)
    return out / MANIFEST


def _none(images: Path, entries: Sequence[Entry]) -> str:
    reasons = "; ".join(f"{entry.case_id}: {entry.reason}" for entry in entries[:3]) or "no folder named STS_<number>"
    return f"{images}: at least one patient must be importable. Found none ({reasons})."


def _import_case(folders: PatientFolders, row: ClinicalRow | None, partial: Path) -> tuple[Case | None, Entry]:
    source = "nifti" if folders.nifti else "dicom"
    try:
        convert = _refer if folders.nifti else _convert
        paths, conversion = convert(folders.chosen, partial / "images" / folders.case_id)
        case = _case(folders.case_id, paths, row)
    except MedmtlError as error:
        reason = error.reason if isinstance(error, CaseError) else str(error)
        return None, Entry(folders.case_id, source, "failed", reason)
    note = "" if row else "no line in the clinical sheet"
    branch, constants = (conversion.branch, json.dumps(dict(conversion.constants))) if conversion else ("", "")
    return case, Entry(folders.case_id, source, "imported", note, branch, constants)


def _case(case_id: str, paths: Mapping[str, Path], row: ClinicalRow | None) -> Case:
    images = Case(case_id, CENTRE, paths["ct"], paths["pet"], paths.get("mask"))
    if row is None:
        return replace(images, clinical={column.name: None for column in COLUMNS})
    return replace(images, endpoints=row.endpoints, clinical=row.clinical)


def _refer(folder: Path, _: Path) -> tuple[dict[str, Path], None]:
    """Return the NIfTI paths once all of them could be read."""
    names = {"ct": "CT_image", "pet": "PET_image", "mask": "CT_mask"}
    paths = {key: folder / f"{name}.nii.gz" for key, name in names.items()}
    known = {key: path for key, path in paths.items() if key != "mask" or path.is_file()}
    _check({key: read_image(path) for key, path in known.items()}, folder)
    return known, None


def _convert(folder: Path, destination: Path) -> tuple[dict[str, Path], SuvConversion]:
    """Write the DICOM series and contours as NIfTI, the mask on the CT's grid."""
    ct = read_series(folder / "CT" / "image", "CT")
    pet, conversion = to_suv(read_series(folder / "PET" / "image", "PT"))
    mask = _contoured(folder / "CT" / "mask", ct)
    images = {"ct": ct.image, "pet": pet} | ({"mask": mask} if mask else {})
    for name, image in images.items():
        write_image(image, destination / f"{name}.nii.gz")
    return {name: destination / f"{name}.nii.gz" for name in images}, conversion


def _contoured(folder: Path, ct: Series) -> Image | None:
    files = sorted(folder.glob("*.dcm"))
    if len(files) > 1:
        raise MedmtlError(f"{folder}: there must be one file of contours. Found {len(files)}.")
    return fill_contours(read_contours(files[0], REGION), ct.image.grid, ct.frame_of_reference) if files else None


def _check(images: Mapping[str, Image], folder: Path) -> None:
    """Raise MedmtlError unless a mask lies on its CT's grid."""
    ct, mask = images["ct"].grid, images.get("mask", images["ct"]).grid
    near = np.allclose(ct.origin, mask.origin, atol=POSITION_MM) and np.allclose(ct.spacing, mask.spacing, atol=1e-5)
    if ct.size != mask.size or not near:
        raise MedmtlError(f"{folder}: the mask must lie on the CT's grid. Found sizes {mask.size} and {ct.size}.")
