"""Explains the risk of one case of a run by the model that never saw it."""

import json
from typing import Any

from medmtl.errors import MedmtlError
from medmtl.report.explaining import explain_in_words
from medmtl.risk.explanation import explain
from medmtl.stages.evaluate import HEADLINE
from medmtl.stages.fit import cross_fitted, risk_rows
from medmtl.stages.run import Run

TIMES_DAYS = (365.25, 730.5, 1095.75)


def explain_case(run: Run, case_id: str, model: str = HEADLINE) -> tuple[dict[str, Any], str]:
    """Return why a case of the run has its out-of-fold risk, as plain values and in words.

    Raises MedmtlError where the run has no such case or model.
    """
    if run.experiment.endpoint is None:
        raise MedmtlError(f"{run.folder.root}: a risk must be there to be explained. The run asked for no endpoint.")
    rows = risk_rows(run)
    folds = dict(zip((case.case_id for case in rows.cases), rows.fold.tolist(), strict=True))
    if case_id not in folds:
        some = ", ".join(list(folds)[:5])
        raise MedmtlError(f"{run.folder.root}: the case must be one of the run's. Found {case_id}, not {some}, ...")
    fold = folds[case_id]
    told = explain(cross_fitted(run)[str(fold)].model(model), rows, case_id, TIMES_DAYS)
    values = {"model": model, "endpoint": run.experiment.endpoint, "without_fold": fold, **told.to_dict()}
    return values, explain_in_words(told, model, run.experiment.endpoint, fold)


def as_json(values: dict[str, Any]) -> str:
    """Return an explanation as JSON."""
    return json.dumps(values, indent=1, allow_nan=False)
