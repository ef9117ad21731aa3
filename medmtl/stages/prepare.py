"""Prepares every case of a run and divides the cohort into folds."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from joblib import delayed

from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.prepare import prepare
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Cohort
from medmtl.stages.copies import copied_cases
from medmtl.stages.coverage import tell_coverage, write_coverage
from medmtl.stages.divide import divide
from medmtl.stages.failures import note_failures
from medmtl.stages.folder import RunFolder
from medmtl.stages.progress import progress
from medmtl.stages.run import Run
from medmtl.stages.stamps import perform
from medmtl.stages.workers import as_they_come, workers
from medmtl.whole_file import whole_file


def prepare_run(run: Run) -> str:
    """Prepare the cohort; return the hash of what was prepared.

    Every case is tried; those that fail, or show a patient that another case shows, are noted in failures.csv, and then
    named in one MedmtlError.
    """
    inputs = (run.manifest_hash, run.experiment.prepare.told(), *map(_fingerprint, run.cohort.cases))
    folds = (run.experiment.folds.model_dump_json(), run.experiment.endpoint or "", str(run.experiment.seed))
    done = perform(run.folder, "prepare", (*inputs, *folds), lambda: _prepare(run))
    tell_coverage(run.folder.coverage)
    return done


def prepare_cases(
    cases: Cohort, settings: PrepareSettings, folder: Path, jobs: int
) -> tuple[dict[str, Path], dict[str, str]]:
    """Prepare these cases in parallel; return the files by case id, and the reasons of those that failed."""
    files: dict[str, Path] = {}
    failures: dict[str, str] = {}
    work = (delayed(_try)(case, settings, folder) for case in cases.cases)
    with progress("prepare", len(cases.cases)) as advance:
        for case_id, path, reason in as_they_come(work, workers(jobs, len(cases.cases))):
            if path is None:
                failures[case_id] = reason
            else:
                files[case_id] = path
            advance(case_id)
    return files, failures


def prepared_files(folder: RunFolder) -> dict[str, Path]:
    """Return the prepared files of a run by case id."""
    if not folder.prepared_index.is_file():
        raise MedmtlError(f"{folder.root}: the cohort must be prepared first. Run `medmtl prepare`.")
    index = pd.read_csv(folder.prepared_index, dtype=str)
    return {case_id: folder.prepared / name for case_id, name in zip(index["case_id"], index["file"], strict=True)}


def _prepare(run: Run) -> list[Path]:
    experiment, folder = run.experiment, run.folder
    folds = divide(experiment, run.cohort)
    files, failures = prepare_cases(run.cohort, experiment.prepare, folder.prepared, experiment.jobs)
    many = workers(experiment.jobs, len(files))
    failures |= copied_cases({case_id: files[case_id] for case_id in run.cohort.ids if case_id in files}, many)
    note_failures(folder.failures, "prepare", failures)
    if failures:
        raise MedmtlError(_all_faults(failures))
    _write_index(files, run.cohort, folder)
    write_coverage(run.cohort, files, experiment.prepare.labels, folder.coverage, many)
    with whole_file(folder.folds) as partial:
        partial.write_text(json.dumps([asdict(fold) for fold in folds], indent=1) + "\n", "utf-8")
    return [folder.prepared_index, folder.folds, *(files[case_id] for case_id in run.cohort.ids)]


def _write_index(files: Mapping[str, Path], cohort: Cohort, folder: RunFolder) -> None:
    rows = [(case_id, files[case_id].name) for case_id in cohort.ids]
    with whole_file(folder.prepared_index) as partial:
        pd.DataFrame(rows, columns=["case_id", "file"]).to_csv(partial, index=False)


def _try(case: Case, settings: PrepareSettings, folder: Path) -> tuple[str, Path | None, str]:
    try:
        return case.case_id, prepare(case, settings, folder), ""
    except CaseError as error:
        return case.case_id, None, error.reason


def _all_faults(failures: Mapping[str, str]) -> str:
    told = "\n".join(f"  Case {case_id}: {reason}" for case_id, reason in sorted(failures.items()))
    return f"{len(failures)} of the cases cannot be used; mend them or take their rows out of the manifest:\n{told}"


def _fingerprint(case: Case) -> str:
    paths = [path for path in (case.ct, case.pet, case.mask) if path is not None and path.is_file()]
    stats = [path.stat() for path in paths]
    return case.case_id + "".join(f"|{path}:{s.st_size}:{s.st_mtime_ns}" for path, s in zip(paths, stats, strict=True))
