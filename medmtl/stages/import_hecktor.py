"""Imports an edition of the HECKTOR challenge: its tables and images become a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from medmtl.cohort.adapters.hecktor.centres import centre_of, key_of
from medmtl.cohort.adapters.hecktor.columns import BOX
from medmtl.cohort.adapters.hecktor.editions import Edition, edition_of
from medmtl.cohort.adapters.hecktor.layout import CaseFiles
from medmtl.cohort.adapters.hecktor.patients import Patient
from medmtl.cohort.adapters.hecktor.tree import Tree, read_tree
from medmtl.errors import CaseError
from medmtl.records import Case
from medmtl.stages.hecktor_images import HecktorCase, convert_case
from medmtl.stages.import_report import LEFT_OUT, Entry, ImportSummary
from medmtl.stages.import_stamps import CaseImages, fingerprint
from medmtl.stages.importing import ImportPlan, Source, import_cases
from medmtl.stages.provenance import file_hash, text_hash

BOXES = "bounding_boxes.csv"
_NO_LINE = "no line in the tables"


@dataclass(frozen=True, slots=True)
class HecktorRequest:
    """What to import: the folder of an edition's data, and what is asked of it.

    `suv_table` takes the place of a table in the tree; with `crop` every image is cut to its case's box.
    """

    source: Path
    year: int
    suv_table: Path | None = None
    crop: bool = False


def import_hecktor(request: HecktorRequest, out: Path, jobs: int) -> ImportSummary:
    """Write manifest, schema, `import_report.csv` and, where there are boxes, `bounding_boxes.csv` into `out`.

    Images are referred to where they lie, but for a PET in Bq/mL, which is converted into `out/images`, and for what is
    cut. A case that fails is reported and left out. Raises MedmtlError where `read_tree` does, where no case can be
    imported, or where `out` holds another cohort.
    """
    edition = edition_of(request.year)
    tree = read_tree(request.source, edition, request.suv_table)
    plan = ImportPlan(
        sources=tuple(_source(key, tree, edition, request) for key in tree.layout.cases),
        describe=partial(_describe, tree.patients, edition),
        columns=edition.columns,
        key=text_hash(str(edition.year), file_hash(*tree.tables)),
        nothing=f"{request.source}: at least one case must be importable.",
        left_out=tuple(_absent(patient) for key, patient in tree.patients.items() if key not in tree.layout.cases),
        tables=_boxes(tree),
    )
    return import_cases(plan, out, jobs)


def _source(key: str, tree: Tree, edition: Edition, request: HecktorRequest) -> Source:
    files, patient, row = tree.layout.cases[key], tree.patients.get(key), tree.suv.get(key)
    box = patient.box if request.crop and isinstance(patient, Patient) else None
    case = HecktorCase(files, edition.labels, row, box, _notes(files, patient, request), request.source)
    paths = sorted(path for found in files.files.values() for path in found)
    kind = "mha" if any(path.suffix.lower() == ".mha" for path in paths) else "nifti"
    mark = fingerprint(paths, str(row), str(box), str(case.notes), str(dict(edition.labels)))
    return Source(files.case_id, kind, mark, partial(convert_case, case))


def _notes(files: CaseFiles, patient: Patient | CaseError | None, request: HecktorRequest) -> tuple[str, ...]:
    notes = [] if patient else [_NO_LINE]
    if request.crop and not (isinstance(patient, Patient) and patient.box):
        notes.append("no box to cut to")
    if files.joined:
        notes.append("its files are of several folders")
    return tuple(notes)


def _describe(patients: Mapping[str, Patient | CaseError], edition: Edition, case_id: str, images: CaseImages) -> Case:
    patient = patients.get(key_of(case_id), Patient(case_id))
    if isinstance(patient, CaseError):
        raise patient
    return Case(
        case_id=case_id,
        centre=centre_of(case_id, patient.centre),
        ct=images.ct,
        pet=images.pet,
        mask=images.mask,
        endpoints={str(edition.endpoint): patient.endpoint} if patient.endpoint else {},
        clinical={column.name: patient.clinical.get(column.name) for column in edition.columns},
    )


def _absent(patient: Patient | CaseError) -> Entry:
    return Entry(patient.case_id, "", LEFT_OUT, "no images found")


def _boxes(tree: Tree) -> dict[str, pd.DataFrame]:
    """Return the boxes [mm] of the cases that have images, by the name of the file."""
    lines = [
        {"case_id": files.case_id, **patient.box}
        for key, files in tree.layout.cases.items()
        if isinstance(patient := tree.patients.get(key), Patient) and patient.box
    ]
    return {BOXES: pd.DataFrame(lines, columns=["case_id", *BOX])} if lines else {}
