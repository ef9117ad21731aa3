"""Imports what a hospital exports: finds patients and series, converts them, and writes a cohort with its report."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from medmtl.cohort.patient_table import PatientTable, TableWishes, read_patient_table
from medmtl.dicom.groups import CaseBy
from medmtl.dicom.wishes import FIRST, LAST, Wishes
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.records import Case
from medmtl.stages.dicom_case import DicomCase, convert_case
from medmtl.stages.dicom_plan import Choosing, Planned, plan_case
from medmtl.stages.dicom_search import Found, search
from medmtl.stages.import_report import FAILED, LEFT_OUT, Entry, ImportSummary
from medmtl.stages.import_stamps import CaseImages, fingerprint
from medmtl.stages.importing import ImportPlan, Source, import_cases
from medmtl.stages.provenance import file_hash, text_hash

SERIES, COLUMNS = "import_series.csv", "import_columns.csv"
NO_CENTRE = "unknown"
_NAMED = 5  # cases without a CT, a mask or a line of the table that are named


@dataclass(frozen=True, slots=True)
class DicomImport:
    """What to import and how; see `Choosing` and `TableWishes` for the choices, `CaseBy` for what makes a case."""

    source: Path
    out: Path
    endpoints: Path | None = None
    table: TableWishes = field(default_factory=TableWishes)
    choosing: Choosing = field(default_factory=Choosing)
    case_by: CaseBy = CaseBy.PATIENT
    centre: str = NO_CENTRE
    jobs: int = -1


def import_dicom(wanted: DicomImport) -> ImportSummary:
    """Write the cohort into `wanted.out`, with `import_report.csv`, `import_series.csv` and `import_columns.csv`.

    A case that fails is reported and the others go on. Raises MedmtlError where none can be imported, or where `out`
    holds another cohort.
    """
    patients = None if wanted.endpoints is None else read_patient_table(wanted.endpoints, wanted.table)
    found = search(wanted.source.resolve(), wanted.case_by, wanted.jobs)
    _check_wishes(found, wanted.choosing.wishes)
    plans = [plan_case(group, wanted.choosing, patients) for group in found.groups]
    labels = _labels(plans, wanted.choosing)
    names = {plan.group.case_id: plan.group.name for plan in plans}
    plan = ImportPlan(
        sources=tuple(_source(plan.group.case_id, plan.case) for plan in plans if plan.case is not None),
        describe=partial(_describe, patients, names, wanted.centre),
        columns=patients.columns if patients else (),
        key=_key(wanted, found, plans),
        nothing=f"{wanted.source}: at least one case must be importable.",
        left_out=(*_not_planned(plans, found), *_without_images(plans, patients)),
        tables={SERIES: _series_table(plans)} | ({COLUMNS: _column_table(patients)} if patients else {}),
        remarks=(found.remark, *_remarks(labels, patients), *_lacking(plans, patients)),
        options=_options(labels, patients),
    )
    return import_cases(plan, wanted.out, wanted.jobs)


def _check_wishes(found: Found, wishes: Wishes) -> None:
    """Raise MedmtlError where a UID that was asked for is nobody's: another choice would be made unnoticed."""
    facts = [one for group in found.groups for one in group.facts]
    lost = {*wishes.series} - {uid for one in facts for uid in (one.series, one.instance)}
    lost |= {*wishes.studies} - {FIRST, LAST, *(one.study for one in facts)}
    if lost:
        raise MedmtlError(f"--series and --study must name what is there. Found no {', '.join(sorted(lost))}.")


def _source(case_id: str, case: DicomCase) -> Source:
    files = (f"{ref}:{ref.state}" for ref in case.files)
    key = fingerprint((), *files, repr((case.drawn, case.labels, case.overrides, case.chosen, case.notes)))
    return Source(case_id, "dicom", key, partial(convert_case, case))


def _describe(
    patients: PatientTable | None, names: Mapping[str, str], centre: str, case_id: str, images: CaseImages
) -> Case:
    line = _line(patients, names[case_id], case_id)
    paths = (images.ct, images.pet, images.mask)
    if patients is None or line is None:
        empty = {column.name: None for column in patients.columns} if patients else {}
        return Case(case_id, centre, *paths, clinical=empty)
    there = patients.centre_at(line) or centre
    return Case(case_id, there, *paths, endpoints=patients.endpoints_at(line), clinical=patients.clinical_at(line))


def _line(patients: PatientTable | None, name: str, case_id: str) -> int | None:
    return None if patients is None else patients.line_of(name) or patients.line_of(case_id)


def _key(wanted: DicomImport, found: Found, plans: Sequence[Planned]) -> str:
    """Return what changes with the table, its reading, the cases without a plan and every series that was found."""
    table = "" if wanted.endpoints is None else file_hash(wanted.endpoints)
    faults = [f"{plan.group.case_id}: {plan.fault}" for plan in plans]
    return text_hash(table, repr(wanted.table), wanted.centre, *faults, *(reason for _, reason in found.faults))


def _not_planned(plans: Sequence[Planned], found: Found) -> list[Entry]:
    """Return the cases that are wrong, those without any PET, and the files and archives that cannot be read."""
    lost = [Entry(name, "file", FAILED, reason) for name, reason in found.faults]
    for plan in plans:
        if plan.case is None:
            status = FAILED if plan.has_pet or plan.group.fault else LEFT_OUT
            lost.append(Entry(plan.group.case_id, "dicom", status, plan.fault))
    return lost


def _without_images(plans: Sequence[Planned], patients: PatientTable | None) -> list[Entry]:
    if patients is None:
        return []
    seen = {_line(patients, plan.group.name, plan.group.case_id) for plan in plans}
    return [Entry(name, "", LEFT_OUT, "no images found") for name, line in patients.lines.items() if line not in seen]


def _series_table(plans: Sequence[Planned]) -> pd.DataFrame:
    rows: list[dict[str, str | int]] = [
        {
            "case_id": plan.group.case_id,
            "modality": series.first.modality,
            "description": series.first.description,
            "files": len(series.files),
            "became": fate,
            "study_date": series.first.study_date,
            "study_uid": series.first.study,
            "series_uid": series.uid,
            "first_file": str(series.files[0]),
        }
        for plan in plans
        for series, fate in plan.fates.items()
    ]
    rows.sort(key=lambda line: [str(line[name]) for name in ("case_id", "modality", "series_uid")])
    return pd.DataFrame(rows)


def _column_table(patients: PatientTable) -> pd.DataFrame:
    return pd.DataFrame(patients.fates.items(), columns=["column", "became"])


def _labels(plans: Sequence[Planned], choosing: Choosing) -> str:
    """Return the labels that masks hold and their values, as YAML; empty where there is no mask."""
    drawn = {label for plan in plans if plan.case for one in plan.case.drawn for label in one.patterns}
    values = [f"{label}: {value}" for value, label in enumerate(choosing.patterns, start=1) if label in drawn]
    return f"{{{', '.join(values)}}}" if values else ""


def _options(labels: str, patients: PatientTable | None) -> str:
    """Return what `check` must be told where the cohort is not as an experiment has it by default."""
    default = Experiment()
    names = [one.name for one in patients.endpoints] if patients else []
    endpoint = f" --endpoint={names[0]}" if names and default.endpoint not in names else ""
    usual = str(default.prepare.labels).replace("'", "")
    return endpoint + (f" --prepare.labels='{labels}'" if labels not in ("", usual) else "")


def _remarks(labels: str, patients: PatientTable | None) -> list[str]:
    remarks = [f"Labels in the masks: {labels}"] if labels else []
    if patients is None:
        remarks.append("No table: without --endpoints the cohort has no outcome, and a run learns masks alone")
    else:
        used = _names(patients, predictor=True) or "none, name them with --predictors"
        carried = _names(patients, predictor=False) or "none"
        ends = ", ".join(one.name for one in patients.endpoints) or "none, name them with --endpoint"
        form = f" ({', '.join(patients.table.notes)})"
        remarks.append(f"Table{form}: endpoints {ends}; predictors {used}; only carried {carried}; see {COLUMNS}")
    return remarks


def _lacking(plans: Sequence[Planned], patients: PatientTable | None) -> list[str]:
    """Tell which cases are imported without a CT, a mask or a line in the table, where only some lack it or all do."""
    cases = {plan.group.case_id: plan for plan in plans if plan.case is not None}
    without = {
        "a CT": [name for name, plan in cases.items() if plan.case and not plan.case.ct],
        "a mask": [name for name, plan in cases.items() if plan.case and not plan.case.drawn],
    }
    if patients is not None:
        lines = {name: _line(patients, plan.group.name, name) for name, plan in cases.items()}
        without["a line in the table"] = [name for name, line in lines.items() if line is None]
    return [
        f"Without {what}: {len(names)} of {len(cases)} ({', '.join(names[:_NAMED])}{', ...' * (len(names) > _NAMED)})"
        for what, names in without.items()
        if names
    ]


def _names(patients: PatientTable, predictor: bool) -> str:
    return ", ".join(f"{one.name} ({one.scale})" for one in patients.columns if one.predictor == predictor)


def parse_roi(wishes: Sequence[str]) -> dict[str, str] | None:
    """Return patterns by label from `LABEL=REGEX`, in this order; None where nothing was asked for."""
    pairs = [wish.partition("=") for wish in wishes]
    wrong = [wish for wish, (label, _, pattern) in zip(wishes, pairs, strict=True) if not (label.strip() and pattern)]
    labels = [label.strip() for label, _, _ in pairs]
    if wrong or len(set(labels)) < len(labels):
        raise MedmtlError(f"--roi must be LABEL=REGEX, each label once. Found {', '.join(wrong or labels)}.")
    for _, _, pattern in pairs:
        try:
            re.compile(pattern)
        except re.error as error:
            raise MedmtlError(
                f"--roi must be LABEL=REGEX. Found {pattern!r}, no regular expression: {error}."
            ) from error
    return dict(zip(labels, (pattern for _, _, pattern in pairs), strict=True)) or None
