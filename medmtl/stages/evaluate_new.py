"""Scores the predictions for new cases against whatever masks and outcomes they have."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medmtl import __version__
from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import concordance_interval, harrell_c
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Cohort, Endpoint
from medmtl.stages.evaluate import mask_scores, write_results
from medmtl.stages.masks import overlaps
from medmtl.stages.new_folder import NewFolder, read_run_record
from medmtl.stages.predict import read_predictions


def evaluate_new(out: Path, manifest: Path) -> dict[str, Any]:
    """Write and return `results.json`: Dice where masks are known, Harrell's C of the risk where outcomes are.

    Of a run without an endpoint, Dice alone.
    """
    folder = NewFolder(out)
    record = read_run_record(folder)
    settings = EvaluationSettings.model_validate(record["evaluation"])
    table = read_predictions(folder.cases)
    cohort = read_manifest(manifest)
    both = cohort.select(case_id for case_id in cohort.ids if case_id in table.index)
    if not both.cases:
        raise MedmtlError(
            f"{manifest} must hold cases that {folder.cases} predicts. None of its {len(cohort.ids)} is there."
        )
    results = {"medmtl": __version__, "endpoint": record["endpoint"], "n": len(both.cases)}
    results |= mask_scores(overlaps(both.cases, folder.mask, record["labels"]), settings)
    results |= _risk_scores(both, table, record["endpoint"], settings) if record["endpoint"] else {}
    write_results(results, folder.results)
    return results


def _risk_scores(cohort: Cohort, table: pd.DataFrame, endpoint: str, settings: EvaluationSettings) -> dict[str, Any]:
    observed: dict[str, Endpoint] = {c.case_id: c.endpoints[endpoint] for c in cohort.cases if endpoint in c.endpoints}
    time = np.array([one.time_days for one in observed.values()], dtype=float)
    event = np.array([one.event for one in observed.values()], dtype=bool)
    risk = table.loc[list(observed), "risk"].to_numpy(dtype=float)
    given = np.isfinite(risk)  # a run without a fused model gives none
    interval = concordance_interval(time[given], event[given], risk[given], None, settings)
    return {
        "n_endpoint": len(observed),
        "n_events": int(event.sum()),
        "harrell_c": interval.estimate,
        "harrell_c_interval": [interval.low, interval.high],
        "n_pairs": harrell_c(time[given], event[given], risk[given]).pairs,
    }
