"""Scores a frozen model on an external cohort, and offers it recalibrated as a new document, never in its place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from medmtl import __version__
from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.evaluation.auc import auc_at
from medmtl.evaluation.brier import brier_at
from medmtl.evaluation.calibration import calibration_slope, observed_to_expected
from medmtl.evaluation.concordance import interval_of_c
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.features.table import read_features
from medmtl.risk.base import FittedRisk
from medmtl.risk.document import RiskDocument, read_document, write_document
from medmtl.risk.recalibrated import recalibrate
from medmtl.risk.rows import RiskRows, build_rows
from medmtl.stages.evaluate import HEADLINE, write_results
from medmtl.stages.external import is_manifest, read_external
from medmtl.stages.new_folder import NewFolder
from medmtl.stages.predict import read_predictions
from medmtl.stages.predict_new import predict_new
from medmtl.stages.provenance import file_hash
from medmtl.stages.trained import Trained, open_trained
from medmtl.stages.unseen import unseen_levels

HORIZONS_DAYS = (365.25, 730.5, 1095.75)
Recalibration = Literal["baseline", "slope"]


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A run or a document, an external cohort (manifest or table), and the folder for what is found."""

    source: Path
    cohort: Path
    out: Path
    model: str = HEADLINE
    recalibration: Recalibration | None = None


def score_external(request: ScoreRequest) -> dict[str, Any]:
    """Write and return `score.json`; with a recalibration, also `recalibrated.json`, a document of its own.

    With a run and a manifest, the cases are predicted first, as `medmtl predict` does, unless that is done. Raises
    MedmtlError where the document has no such model, or the cohort no case with the endpoint.
    """
    run = open_trained(request.source) if request.source.is_dir() else None
    place = run.folder.risk_model if run else request.source
    document = read_document(place)
    model = document.model(request.model)
    rows = _rows(request, run, document, model)
    settings = run.experiment.evaluation if run else EvaluationSettings()
    results = {
        "medmtl": __version__,
        "model": request.model,
        "endpoint": document.endpoint,
        "document_sha256": file_hash(place),
        "cohort_sha256": file_hash(request.cohort),
        "in_sample": sorted(set(run.ids) & {case.case_id for case in rows.cases}) if run else None,  # not known
        "unseen_levels": unseen_levels([model], rows.cases),
        **score_rows(model, rows, settings),
    }
    if request.recalibration:
        results["recalibration"] = _recalibrate(request, document, rows, results)
    write_results(results, request.out / "score.json")
    return results


def score_rows(model: FittedRisk, rows: RiskRows, settings: EvaluationSettings) -> dict[str, Any]:
    """Return C, calibration slope, and per horizon AUC, Brier score and observed to expected, each with its interval.

    The rows must be of cases that the model never saw; those without the endpoint do not count.
    """
    known = rows.take(rows.known)
    if not len(known.cases):
        raise MedmtlError("A model is scored on cases whose endpoint is known. Found none in this cohort.")
    outcomes, risk = Outcomes(known.time_days, known.event), model.predict(known)
    survival = model.survival(known, HORIZONS_DAYS)
    return {
        "n": len(rows.cases),
        "n_endpoint": len(known.cases),
        "n_events": int(known.event.sum()),
        "n_missing": {name: int(np.isnan(each).sum()) for name, each in _gaps(known).items() if np.isnan(each).any()},
        "harrell_c": asdict(interval_of_c(outcomes, risk, settings)),
        "calibration_slope": asdict(calibration_slope(outcomes, risk, settings.level)),
        "horizons": {
            f"{days:g}": _at(outcomes, risk, each, days, settings.level)
            for days, each in zip(HORIZONS_DAYS, survival.T, strict=True)
        },
    }


def _at(outcomes: Outcomes, risk: Any, survival: Any, days: float, level: float) -> dict[str, Any]:
    found = {"auc": asdict(auc_at(outcomes, risk, days, level))}
    if not np.isfinite(survival).all():
        return found | {"note": "the model's own cases were not followed so far: it gives no survival"}
    return found | {
        "brier": asdict(brier_at(outcomes, survival, days, level)),
        "observed_to_expected": asdict(observed_to_expected(outcomes, 1 - survival, days, level)),
        "mean_predicted_survival": float(survival.mean()),
    }


def _gaps(rows: RiskRows) -> dict[str, Any]:
    image = dict(zip(rows.image.names, rows.image.values.T, strict=True))
    return {"deep_log_hazard": rows.deep, **image}


def _rows(request: ScoreRequest, run: Trained | None, document: RiskDocument, model: FittedRisk) -> RiskRows:
    if not is_manifest(request.cohort):
        return read_external(request.cohort, document.needed_endpoint, model)
    if run is None:
        raise MedmtlError(
            f"{request.cohort} names images, and {request.source} holds no networks to read them. Give the run, or a "
            "table of features with the outcomes."
        )
    folder = NewFolder(request.out)
    if not (folder.cases.is_file() and folder.features.is_file()):
        predict_new(run, request.cohort, request.out)
    cohort = read_manifest(request.cohort, document.endpoint, run.columns)
    predictions = read_predictions(folder.cases).assign(fold=None)
    return build_rows(cohort, document.endpoint, read_features(folder.features), predictions)


def _recalibrate(
    request: ScoreRequest, document: RiskDocument, rows: RiskRows, results: Mapping[str, Any]
) -> dict[str, Any]:
    found = recalibrate(document.model(request.model), rows, with_slope=request.recalibration == "slope")
    told = {"kind": request.recalibration, "slope": found.slope, "n": found.n, "n_events": found.n_events}
    note = {"recalibrated": told | {name: results[name] for name in ("document_sha256", "cohort_sha256")}}
    path = request.out / "recalibrated.json"
    write_document(RiskDocument(document.endpoint, {request.model: found}, document.hashes, note), path)
    return told | {"document": path.name, "note": "scores of it on this cohort would be in-sample"}
