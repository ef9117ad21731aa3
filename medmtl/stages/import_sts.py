"""Imports the soft-tissue sarcoma cohort: its clinical sheet and its images become a manifest."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from medmtl.cohort.adapters.sts import CENTRE, COLUMNS, ClinicalRow, read_clinical
from medmtl.cohort.adapters.sts_images import REGION, PatientFolders, find_patients, series_files
from medmtl.dicom.fill import fill_contours
from medmtl.dicom.rtstruct import read_contours
from medmtl.dicom.series import Series, read_series
from medmtl.dicom.suv import to_suv
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Case, Image
from medmtl.stages.import_report import LEFT_OUT, Entry, ImportSummary
from medmtl.stages.import_stamps import CaseImages, fingerprint
from medmtl.stages.importing import ImportPlan, Source, import_cases
from medmtl.stages.provenance import file_hash

POSITION_MM = 1e-3  # NIfTI keeps positions in single precision
_NO_LINE = "no line in the clinical sheet"


def import_sts(images: Path, clinical: Path, out: Path, jobs: int) -> ImportSummary:
    """Write manifest, schema and `import_report.csv` into `out`; return what became of every patient.

    NIfTI is referred to where it lies; DICOM is converted into `out/images`. A patient that fails is reported and left
    out; one without a line in the sheet has empty values. Raises MedmtlError where none can be imported, or where
    `out` holds another cohort.
    """
    rows, patients = read_clinical(clinical), find_patients(images)
    absent = tuple(Entry(name, "", LEFT_OUT, "no images found") for name in rows if name not in patients)
    plan = ImportPlan(
        sources=tuple(_source(folders, folders.case_id in rows) for folders in patients.values()),
        describe=partial(_describe, rows),
        columns=COLUMNS,
        key=file_hash(clinical),
        nothing=f"{images}: at least one patient's folder STS_<number> must be importable.",
        left_out=absent if patients else (),
    )
    return import_cases(plan, out, jobs)


def _source(folders: PatientFolders, listed: bool) -> Source:
    files = sorted(path for place in folders.nifti or folders.dicom for path in place.rglob("*") if path.is_file())
    convert = partial(_convert, folders, () if listed else (_NO_LINE,))
    return Source(folders.case_id, "nifti" if folders.nifti else "dicom", fingerprint(files, str(listed)), convert)


def _convert(folders: PatientFolders, notes: tuple[str, ...], destination: Path) -> CaseImages:
    images = (_refer if folders.nifti else _write)(folders.chosen, destination)
    return replace(images, notes=(*notes, *images.notes))


def _describe(rows: Mapping[str, ClinicalRow], case_id: str, images: CaseImages) -> Case:
    paths, row = (case_id, CENTRE, images.ct, images.pet, images.mask), rows.get(case_id)
    if row is None:
        return Case(*paths, clinical={column.name: None for column in COLUMNS})
    return Case(*paths, endpoints=row.endpoints, clinical=row.clinical)


def _refer(folder: Path, _: Path) -> CaseImages:
    """Return the NIfTI paths once all of them could be read."""
    names = {"ct": "CT_image", "pet": "PET_image", "mask": "CT_mask"}
    paths = {key: folder / f"{name}.nii.gz" for key, name in names.items()}
    known = {key: path for key, path in paths.items() if key != "mask" or path.is_file()}
    _check({key: read_image(path) for key, path in known.items()}, folder)
    return CaseImages(known["pet"], known["ct"], known.get("mask"))


def _write(folder: Path, destination: Path) -> CaseImages:
    """Write the DICOM series and contours as NIfTI, the mask on the CT's grid."""
    ct = read_series(series_files(folder / "CT" / "image"), "CT")
    pet, conversion = to_suv(read_series(series_files(folder / "PET" / "image"), "PT"))
    mask = _contoured(folder / "CT" / "mask", ct)
    images = {"ct": ct.image, "pet": pet} | ({"mask": mask} if mask else {})
    paths = {name: destination / f"{name}.nii.gz" for name in images}
    for name, image in images.items():
        write_image(image, paths[name])
    pet_ct_mask = (paths["pet"], paths["ct"], paths.get("mask"))
    return CaseImages(*pet_ct_mask, suv_branch=conversion.branch, suv_constants=conversion.constants)


def _contoured(folder: Path, ct: Series) -> Image | None:
    files = sorted(folder.glob("*.dcm"))
    if len(files) > 1:
        raise MedmtlError(f"{folder}: there must be one file of contours. Found {len(files)}.")
    if not files:
        return None
    contours = read_contours(files[0], {"GTV": REGION})
    return fill_contours(contours, ct.image.grid, ct.frame_of_reference).image


def _check(images: Mapping[str, Image], folder: Path) -> None:
    """Raise MedmtlError unless a mask lies on its CT's grid."""
    ct, mask = images["ct"].grid, images.get("mask", images["ct"]).grid
    near = np.allclose(ct.origin, mask.origin, atol=POSITION_MM) and np.allclose(ct.spacing, mask.spacing, atol=1e-5)
    if ct.size != mask.size or not near:
        raise MedmtlError(f"{folder}: the mask must lie on the CT's grid. Found sizes {mask.size} and {ct.size}.")
