"""Imports cases in parallel: one bad case does not stop the rest, and what was interrupted goes on."""

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from joblib import delayed

from medmtl.cohort.manifest import MANIFEST, write_manifest
from medmtl.cohort.publish import check_empty, resumed_cohort
from medmtl.errors import CaseError, MedmtlError
from medmtl.records import Case, ClinicalColumn, Cohort
from medmtl.stages.import_report import FAILED, IMPORTED, Entry, ImportSummary, read_report, write_report
from medmtl.stages.import_stamps import IMAGES, CaseImages, finish, keep_images, kept_images, made_of
from medmtl.stages.progress import progress
from medmtl.stages.provenance import text_hash
from medmtl.stages.workers import as_they_come, workers
from medmtl.whole_file import in_whole_names

_LOG = logging.getLogger(__name__)
_TOLD = 10  # reasons that are told where no case can be imported


@dataclass(frozen=True, slots=True)
class Source:
    """One case to import: `convert` writes its images into the folder it is given, or refers to where they lie.

    `key` changes with its files and options (`import_stamps.fingerprint`); `kind` is a word for the report. `convert`
    raises MedmtlError where the case is wrong; it runs in another process, so that it must be a function of a module.
    """

    case_id: str
    kind: str
    key: str
    convert: Callable[[Path], CaseImages]


@dataclass(frozen=True, slots=True, eq=False)
class ImportPlan:
    """What an import does: `describe` turns a case's images into the case with its endpoints and clinical values.

    `key` changes with what `describe` and `columns` were read from; `left_out` are lines for the report of what is no
    source; `tables` are further tables to write, by file name; `nothing` says what must hold where there is no case;
    `remarks` are told with the summary, `options` are those that `medmtl check` needs for it.
    """

    sources: tuple[Source, ...]
    describe: Callable[[str, CaseImages], Case]
    columns: tuple[ClinicalColumn, ...]
    key: str
    nothing: str
    left_out: tuple[Entry, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    options: str = ""


def import_cases(plan: ImportPlan, out: Path, jobs: int) -> ImportSummary:
    """Write the cohort with its report into `out`; return what became of it.

    An equal cohort (of the same files and options) is kept as it is. An interrupted import goes on where it stood.
    Raises MedmtlError where no case can be imported, or where `out` holds another cohort or other files.
    """
    key = text_hash(plan.key, *(f"{source.case_id} {source.key}" for source in plan.sources))
    if (out / MANIFEST).is_file():
        return _kept(out, key, plan)
    check_empty(out)
    if not plan.sources:
        raise MedmtlError(plan.nothing + _reasons(plan.left_out))
    with resumed_cohort(out) as partial:
        done = _convert_all(plan.sources, partial, jobs)
        results = [_described(source, done[source.case_id], plan) for source in plan.sources]
        entries = (*(entry for _, entry in results), *plan.left_out)
        cases = tuple(case for case, _ in results if case is not None)
        if not cases:
            _clear(partial, done)
            raise MedmtlError(plan.nothing + _reasons(entries))
        finish(partial, (case.case_id for case in cases), key)
        for name, table in plan.tables.items():
            table.to_csv(partial / name, index=False)
        write_report(entries, partial)
        write_manifest(Cohort(cases, plan.columns), partial)
    return ImportSummary(out / MANIFEST, entries, plan.remarks, plan.options)


def _kept(out: Path, key: str, plan: ImportPlan) -> ImportSummary:
    if made_of(out) != key:
        raise MedmtlError(
            f"{out}: the folder must not hold another cohort. Found one of other files, tables or options; delete it, "
            "or choose another folder."
        )
    _LOG.info("import: done before")
    return ImportSummary(out / MANIFEST, read_report(out), plan.remarks, plan.options)


def _convert_all(sources: tuple[Source, ...], partial: Path, jobs: int) -> dict[str, CaseImages | str]:
    """Return the images of each case, or the reason why it has none."""
    done: dict[str, CaseImages | str] = {}
    work = (delayed(_convert)(source, partial) for source in sources)
    try:
        with progress("import", len(sources)) as advance:
            for case_id, result in as_they_come(work, workers(jobs, len(sources))):
                done[case_id] = result
                advance(case_id)
    except BrokenProcessPool as error:
        found = f"Found it killed after {len(done)} of {len(sources)} cases"
        raise MedmtlError(
            f"no process of the import may be killed, as the system does for want of memory. {found}; the same command "
            "goes on from there, and --jobs 1 needs the least memory."
        ) from error
    return done


def _clear(partial: Path, done: Mapping[str, CaseImages | str]) -> None:
    """Leave nothing where no image could be converted; what was stays for a next try with a mended table."""
    if not any(isinstance(result, CaseImages) for result in done.values()):
        shutil.rmtree(partial)


def _convert(source: Source, partial: Path) -> tuple[str, CaseImages | str]:
    try:
        images = kept_images(partial, source.case_id, source.key)
        if images is None:
            images = source.convert(partial / IMAGES / source.case_id)
            keep_images(partial, source.case_id, source.key, images)
    except MedmtlError as error:
        return source.case_id, _reason(error)
    return source.case_id, images


def _described(source: Source, result: CaseImages | str, plan: ImportPlan) -> tuple[Case | None, Entry]:
    if isinstance(result, str):
        return None, Entry(source.case_id, source.kind, FAILED, result)
    try:
        case = plan.describe(source.case_id, result)
    except MedmtlError as error:
        return None, Entry(source.case_id, source.kind, FAILED, _reason(error))
    constants = json.dumps(dict(result.suv_constants)) if result.suv_branch else ""
    chosen = "; ".join(f"{name} {what}" for name, what in result.chosen.items())
    notes = "; ".join(result.notes)
    return case, Entry(source.case_id, source.kind, IMPORTED, "", notes, chosen, result.suv_branch, constants)


def _reason(error: MedmtlError) -> str:
    """Return what is told of a case, with files of the cohort named where they will lie."""
    return in_whole_names(error.reason if isinstance(error, CaseError) else error)


def _reasons(entries: tuple[Entry, ...]) -> str:
    told = [f"\n  {entry.case_id}: {entry.reason}" for entry in entries[:_TOLD]]
    more = [f"\n  and {len(entries) - _TOLD} more"] if len(entries) > _TOLD else []
    return " Found none" + (":" + "".join([*told, *more]) if entries else ".")
