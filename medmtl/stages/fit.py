"""Fits the Cox models of a run: crosswise for the scores, once on all cases for new ones."""

from pathlib import Path

import pandas as pd

from medmtl.features.table import read_features
from medmtl.risk.cross_fit import coefficient_table, cross_fit, fit_all
from medmtl.risk.document import RiskDocument, write_document
from medmtl.risk.rows import RiskRows, build_rows
from medmtl.stages.failures import note_failures
from medmtl.stages.predict import read_predictions
from medmtl.stages.provenance import file_hash
from medmtl.stages.run import Run, read_folds
from medmtl.stages.stamps import outputs_of, perform
from medmtl.whole_file import whole_file


def fit_run(run: Run) -> str:
    """Write out-of-fold risks, coefficients and the models as JSON; return their hash."""
    done = [outputs_of(run.folder, stage) or "" for stage in ("prepare", "predict", "extract")]
    inputs = (*done, run.manifest_hash, run.experiment.endpoint, run.experiment.risk.model_dump_json())
    return perform(run.folder, "fit", inputs, lambda: _fit(run))


def risk_rows(run: Run) -> RiskRows:
    """Return what the Cox models are fitted on: out-of-fold features and risks, clinical values, outcomes."""
    features = read_features(run.folder.features)
    return build_rows(run.cohort, run.experiment.endpoint, features, read_predictions(run.folder.predictions))


def _fit(run: Run) -> list[Path]:
    folder, settings = run.folder, run.experiment.risk
    rows = risk_rows(run)
    folds = read_folds(folder)
    crossed = cross_fit(rows, folds, settings)
    final = fit_all(rows, settings)
    _write(crossed.risks, folder.risks)
    _write(coefficient_table(crossed, final), folder.coefficients)
    note_failures(folder.failures, "fit", {f"(model {name})": reason for name, reason in crossed.skipped.items()})
    hashes = {f"fold_{fold.index}": file_hash(folder.model(fold.index)) for fold in folds}
    document = RiskDocument(
        run.experiment.endpoint,
        {str(name): model for name, model in final.items()},
        hashes | {"features": file_hash(folder.features)},
    )
    write_document(document, folder.risk_model)
    return [folder.risk_model, folder.risks, folder.coefficients]


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as partial:
        table.to_csv(partial, index=False)
