"""Fits the risk models of a run: crosswise for the scores, once on all cases for new ones."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.features.table import read_features
from medmtl.risk.base import FittedRisk
from medmtl.risk.cross_fit import RISK_COLUMNS, CrossFit, coefficient_table, cross_fit, fit_all, survival_out_of_fold
from medmtl.risk.divisions import cross_fit_divisions, score_divisions
from medmtl.risk.document import RiskDocument, read_document, write_document
from medmtl.risk.ledger import check_ledger
from medmtl.risk.null import permutation_null
from medmtl.risk.outcome_copies import outcome_copies
from medmtl.risk.plain_cox import inference_table
from medmtl.risk.recipes import recipes
from medmtl.risk.rows import RiskRows, build_rows
from medmtl.stages.failures import note_failures
from medmtl.stages.folder import RunFolder
from medmtl.stages.own_repeats import risk_settings
from medmtl.stages.predict import read_predictions
from medmtl.stages.provenance import file_hash, text_hash
from medmtl.stages.run import Run, read_folds
from medmtl.stages.stamps import outputs_of, perform
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_FORM = "4"  # raised when the same inputs would give other files


def fit_run(run: Run) -> str:
    """Write out-of-fold risks, coefficients and the models as JSON; return their hash."""
    done = [outputs_of(run.folder, stage) or "" for stage in ("prepare", "predict", "extract")]
    inputs = (*done, run.manifest_hash, run.experiment.endpoint or "", run.experiment.risk.model_dump_json(), _FORM)
    return perform(run.folder, "fit", inputs, lambda: _fit(run) if run.experiment.endpoint else _fit_nothing(run))


def risk_rows(run: Run) -> RiskRows:
    """Return what the risk models are fitted on: out-of-fold features and risks, clinical values, outcomes.

    Raises CaseError for a row that the ledger does not show to be out of fold.
    """
    features = read_features(run.folder.features)
    rows = build_rows(run.cohort, run.experiment.endpoint, features, read_predictions(run.folder.predictions))
    folds = read_folds(run.folder)
    check_ledger(rows, folds, {fold.index: file_hash(run.folder.model(fold.index)) for fold in folds})
    return rows


def cross_fitted(run: Run) -> dict[str, RiskDocument]:
    """Return the models of each fold, by the fold's number as text: none of them saw its fold's cases."""
    recipes(run.experiment.risk)  # loads the modules of the user's own members
    return {str(fold.index): read_document(run.folder.fold_risk_model(fold.index)) for fold in read_folds(run.folder)}


def out_of_fold_survival(run: Run, model: str, times_days: Sequence[float]) -> tuple[RiskRows, NDArray[np.float64]]:
    """Return the rows of a run, and each one's survival probability [n, times] by the model that did not see it.

    Rows without the endpoint are among them (`rows.known`). NaN beyond the follow-up of that model's training cases.
    """
    rows = risk_rows(run)
    fitted = {int(fold): document.model(model) for fold, document in cross_fitted(run).items()}
    return rows, survival_out_of_fold(rows, fitted, times_days)


def _fit_nothing(run: Run) -> list[Path]:
    """Write the same files, without a model: there is no outcome that one could predict."""
    _LOG.info("fit: the experiment has no endpoint, so there is no risk model; the files of the stage are empty")
    folder = run.folder
    nothing = CrossFit(pd.DataFrame(columns=RISK_COLUMNS), {}, {})
    _write(nothing.risks, folder.risks)
    _write(coefficient_table(nothing, {}), folder.coefficients)
    hashes = _hashes(run)
    write_document(RiskDocument(None, {}, hashes), folder.risk_model)
    return [folder.risk_model, folder.risks, folder.coefficients, *_write_folds(run, nothing, hashes)]


def _fit(run: Run) -> list[Path]:
    folder, settings = run.folder, risk_settings(run)
    rows = risk_rows(run)
    crossed = cross_fit(rows, read_folds(folder), settings)
    final = fit_all(rows, settings)
    _write(crossed.risks, folder.risks)
    _write(coefficient_table(crossed, final), folder.coefficients)
    note_failures(folder.failures, "fit", _remarks(rows, crossed))
    hashes = _hashes(run)
    write_document(RiskDocument(run.experiment.endpoint, final, hashes), folder.risk_model)
    folds = _write_folds(run, crossed, hashes)
    return [folder.risk_model, folder.risks, folder.coefficients, *folds, *_beside(run, rows, final)]


def _remarks(rows: RiskRows, crossed: CrossFit) -> dict[str, str]:
    """Return what a reader must know of models and columns, by name."""
    copied = outcome_copies(rows).items()
    copies = {f"(column {name})": f"{reason}: is it known only afterwards?" for name, reason in copied}
    return {f"(model {name})": reason for name, reason in crossed.skipped.items()} | copies


def _beside(run: Run, rows: RiskRows, final: Mapping[str, FittedRisk]) -> list[Path]:
    """Write a plain regression's tables, and what is asked for beside: other divisions and the null."""
    settings, folder = risk_settings(run), run.folder.risks.parent
    paths = [folder / name for name in ("divisions.csv", "division_scores.csv", "null.json", "inference.csv")]
    for path in paths:
        path.unlink(missing_ok=True)  # of settings before
    _write(inference_table(final, rows), paths[3])
    if settings.repeats or settings.by_centre:
        divided = cross_fit_divisions(rows, settings)
        _write(divided, paths[0])
        _write(score_divisions(divided), paths[1])
    if settings.permutations:
        model = "fused" if "fused" in final else next(iter(final))
        null = permutation_null(rows, settings, model, settings.permutations)
        told = {"model": model, "observed": null.observed, "p": null.p, "draws": null.draws.tolist()}
        with whole_file(paths[2]) as partial:
            partial.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", "utf-8")
    return [path for path in paths if path.is_file()]


def _write_folds(run: Run, crossed: CrossFit, hashes: dict[str, str]) -> list[Path]:
    paths = []
    for fold in read_folds(run.folder):
        models = {name: each[fold.index] for name, each in crossed.fitted.items() if fold.index in each}
        note = {"without_fold": fold.index}
        paths.append(run.folder.fold_risk_model(fold.index))
        write_document(RiskDocument(run.experiment.endpoint, models, hashes, note), paths[-1])
    return paths


def _hashes(run: Run) -> dict[str, str]:
    folder: RunFolder = run.folder
    checkpoints = {f"fold_{fold.index}": file_hash(folder.model(fold.index)) for fold in read_folds(folder)}
    settings = text_hash(run.experiment.endpoint or "", run.experiment.risk.model_dump_json())
    return checkpoints | {"features": file_hash(folder.features), "settings": settings}


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as partial:
        table.to_csv(partial, index=False)
