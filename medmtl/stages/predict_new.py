"""Applies a finished run to new cases: ensemble, radiomics, fused Cox."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import CaseError, MedmtlError
from medmtl.features.base import CONVENTIONAL
from medmtl.features.provider import measured_by
from medmtl.features.radiomics import profile_of
from medmtl.features.table import feature_table, write_features
from medmtl.imaging.prepared import load_prepared
from medmtl.records import Cohort
from medmtl.risk.document import RiskDocument, read_document
from medmtl.risk.rows import Floats, RiskRows, build_rows
from medmtl.stages.coverage import tell_coverage, write_coverage
from medmtl.stages.evaluate import HEADLINE
from medmtl.stages.extract import extract_masks, reasons, write_provenance
from medmtl.stages.failures import note_failures
from medmtl.stages.further_masks import MaskWriter, wanted_masks
from medmtl.stages.new_folder import NewFolder, claim
from medmtl.stages.predict import load_ensemble
from medmtl.stages.prepare import prepare_cases
from medmtl.stages.progress import progress
from medmtl.stages.repeats import write_repeats
from medmtl.stages.run import read_folds
from medmtl.stages.trained import Trained
from medmtl.stages.unseen import as_text, unseen_levels
from medmtl.stages.workers import workers
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_HORIZONS_DAYS = {"survival_1y": 365.0, "survival_2y": 730.0}


def predict_new(run: Trained, manifest: Path, out: Path) -> None:
    """Write `cases.csv` and `masks/` for the cases of a manifest, by every fold's model together.

    Where cases have reference masks, `coverage.csv` says how much of them the network saw.

    A case that fails is noted in failures.csv and the others go on; at the end a MedmtlError names those that failed.
    """
    document = read_document(run.folder.risk_model)
    cohort = read_manifest(manifest, columns=run.columns)
    folder = NewFolder(out)
    claim(folder, run)
    _tell_in_sample(run, cohort)
    files, failures = prepare_cases(cohort, run.experiment.prepare, folder.prepared, run.experiment.jobs)
    _write_coverage(run, cohort, files, folder)
    deep, unpredicted = _predict(run, cohort, files, folder)
    if deep:
        usable = cohort.select(case_id for case_id in cohort.ids if case_id in deep)
        _write(_cases(run, document, usable, deep, folder), folder.cases)
    _finish(folder, cohort, failures | unpredicted)


def _write_coverage(run: Trained, cohort: Cohort, files: Mapping[str, Path], folder: NewFolder) -> None:
    """Write and tell how much of the reference masks the network sees, where there are such masks."""
    if any(case.mask is not None for case in cohort.cases if case.case_id in files):
        many = workers(run.experiment.jobs, len(files))
        write_coverage(cohort, files, run.experiment.prepare.labels, folder.coverage, many)
        tell_coverage(folder.coverage)


def _tell_in_sample(run: Trained, cohort: Cohort) -> None:
    known = sorted(set(run.ids) & set(cohort.ids))
    if known:
        _LOG.warning(
            "%d of these cases trained the run (%s, ...): their predictions are in-sample.", len(known), known[0]
        )


def _predict(
    run: Trained, cohort: Cohort, files: Mapping[str, Path], folder: NewFolder
) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    ensemble = load_ensemble(run.folder, run.experiment, tuple(fold.index for fold in read_folds(run.folder)))
    writer = MaskWriter(ensemble, wanted_masks(run.experiment.radiomics.stability), folder)
    deep: dict[str, tuple[float, float]] = {}
    failures: dict[str, str] = {}
    with progress("predict", len(files)) as advance:
        for case in cohort.select(case_id for case_id in cohort.ids if case_id in files).cases:
            try:
                prediction = writer.write(case, load_prepared(files[case.case_id]))
                deep[case.case_id] = (prediction.deep_log_hazard, prediction.deep_spread)
            except CaseError as error:
                failures[case.case_id] = error.reason
            advance(case.case_id)
    return deep, failures


def _cases(
    run: Trained, document: RiskDocument, cohort: Cohort, deep: Mapping[str, tuple[float, float]], folder: NewFolder
) -> pd.DataFrame:
    settings, jobs = run.experiment.radiomics, run.experiment.jobs
    measured = extract_masks(cohort.cases, folder.mask, settings, folder.feature_memory, jobs)
    note_failures(folder.failures, "extract", reasons(measured))
    features = feature_table(measured, {})
    write_features(features, folder.root, measured_by(profile_of(settings)))
    write_provenance(settings, folder.feature_provenance)
    write_repeats(cohort.cases, folder, settings, jobs)
    index = pd.Index(cohort.ids, name="case_id")
    predicted = pd.DataFrame([deep[case_id] for case_id in cohort.ids], index, ["deep_log_hazard", "deep_spread"])
    rows = build_rows(cohort, document.endpoint, features, predicted.assign(fold=None))
    risk, survival = _risks(document, rows)
    unseen = unseen_levels(document.models.values(), cohort.cases)
    return pd.DataFrame(
        {
            "risk": risk,
            "deep_log_hazard": predicted["deep_log_hazard"],
            **dict(zip(_HORIZONS_DAYS, survival.T, strict=True)),
            **{name: features[name] for name in CONVENTIONAL},
            "status": features["status"],
            "deep_spread": predicted["deep_spread"],
            "in_sample": [case_id in run.ids for case_id in cohort.ids],
            "unseen_levels": [as_text(unseen.get(case_id, {})) for case_id in cohort.ids],
        },
        index,
    )


def _risks(document: RiskDocument, rows: RiskRows) -> tuple[Floats, Floats]:
    """Return risks [n] and survival [n, horizons] of the stored fused model; NaN throughout where there is none."""
    model = document.models.get(HEADLINE)
    if model is None:
        n = len(rows.cases)
        return np.full(n, np.nan), np.full((n, len(_HORIZONS_DAYS)), np.nan)
    return model.predict(rows), model.survival(rows, list(_HORIZONS_DAYS.values()))


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as partial:
        table.to_csv(partial)


def _finish(folder: NewFolder, cohort: Cohort, failures: Mapping[str, str]) -> None:
    note_failures(folder.failures, "predict", failures)
    if failures:
        told = "\n".join(f"  Case {case_id}: {reason}" for case_id, reason in sorted(failures.items()))
        found = f"{len(failures)} of {len(cohort.ids)} cases could not be predicted, the others are in {folder.root}"
        raise MedmtlError(f"{found}:\n{told}")
