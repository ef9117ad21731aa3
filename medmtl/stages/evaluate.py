"""Scores a run: masks against references, risks against outcomes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medmtl import __version__
from medmtl.errors import MedmtlError
from medmtl.evaluation.compare import Difference, concordance_difference, difference_test
from medmtl.evaluation.concordance import concordance_interval, harrell_c
from medmtl.evaluation.model_scores import as_dict
from medmtl.evaluation.overlap import OverlapCounts, aggregated_dice_interval, dice_interval
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.evaluation.survival_curves import kaplan_meier, log_rank, median_follow_up, numbers_at_risk
from medmtl.risk.document import read_document
from medmtl.stages.masks import WHOLE, overlaps
from medmtl.stages.model_checks import model_checks
from medmtl.stages.run import Run
from medmtl.stages.score_survival import group_scores, outcomes_of, sample_size, survival_scores
from medmtl.stages.stamps import outputs_of, perform
from medmtl.whole_file import whole_file

HEADLINE = "fused"
_FORM = "4"  # raised when the same inputs would give other scores
_COMPARISONS = ("clinical", "volume", "image", "deep")


def evaluate_run(run: Run) -> str:
    """Write `results.json`; return its hash. Without an endpoint it holds the scores of the masks alone."""
    done = [outputs_of(run.folder, stage) or "" for stage in ("predict", "fit")]
    inputs = (*done, run.experiment.evaluation.model_dump_json(), _FORM)
    return perform(run.folder, "evaluate", inputs, lambda: _evaluate(run))


def write_results(results: Mapping[str, Any], path: Path) -> Path:
    """Write scores as JSON."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", "utf-8")
    return path


def mask_scores(found: Mapping[str, Mapping[str, OverlapCounts]], settings: EvaluationSettings) -> dict[str, Any]:
    """Return Dice per case, its mean and the aggregated Dice, from the overlap counts by region and case id.

    Those of all labels together stand at the top; where there are several, `labels` holds each one's, and
    `dice_aggregated_labels` the mean of their aggregated Dice, by which HECKTOR 2022 ranked (the same source).
    """
    regions = {name: _region_scores(counts, settings) for name, counts in found.items()}
    whole = regions.pop(WHOLE)
    if not regions:
        return whole
    known = [one["dice_aggregated"] for one in regions.values() if one["dice_aggregated"] is not None]
    return whole | {"labels": regions, "dice_aggregated_labels": float(np.mean(known)) if known else None}


def _region_scores(found: Mapping[str, OverlapCounts], settings: EvaluationSettings) -> dict[str, Any]:
    counts = list(found.values())
    mean, pooled = dice_interval(counts, settings), aggregated_dice_interval(counts, settings)
    return {
        "dice_mean": mean.estimate,
        "dice_mean_interval": [mean.low, mean.high],
        "dice_aggregated": pooled.estimate,
        "dice_aggregated_interval": [pooled.low, pooled.high],
        "n_masks": len(counts),
        "n_empty": sum(one.reference == 0 for one in counts),
        "dice_cases": {case_id: one.dice for case_id, one in found.items()},
    }


def _evaluate(run: Run) -> list[Path]:
    experiment, cases = run.experiment, run.cohort.cases
    if not run.folder.risks.is_file():
        raise MedmtlError(f"{run.folder.root}: there are no risks to score yet. Run `medmtl fit` first.")
    results: dict[str, Any] = {"medmtl": __version__, "endpoint": experiment.endpoint, "n": len(cases)}
    results |= {"level": experiment.evaluation.level}
    results |= _followed(run) if experiment.endpoint else {}
    found = overlaps(cases, run.folder.mask, experiment.prepare.labels)
    results |= mask_scores(found, experiment.evaluation)
    results |= _outcome_scores(run) if experiment.endpoint else {}
    return [write_results(results, run.folder.results)]


def _outcome_scores(run: Run) -> dict[str, Any]:
    risks = pd.read_csv(run.folder.risks, dtype={"case_id": str})
    known = risks[risks["time_days"].notna()]
    tables = {name: known[known["model"] == name] for name in known["model"].unique()}
    results = _risk_scores(tables, run.experiment.evaluation)
    results |= survival_scores(run, tables)
    results |= group_scores(run, tables[HEADLINE]) if HEADLINE in tables else {}
    results |= model_checks(run) | {"interval": run.experiment.evaluation.interval.value}
    return results | _size(run, known) | {"ceiling": _ceiling(run)}


def _followed(run: Run) -> dict[str, Any]:
    observed = [seen for case in run.cohort.cases if (seen := case.observed(run.experiment.endpoint))]
    time = np.array([one.time_days for one in observed], dtype=float)
    event = np.array([one.event for one in observed], dtype=bool)
    return {
        "n_endpoint": len(observed),
        "n_events": int(event.sum()),
        "median_follow_up_days": median_follow_up(time, event),
    }


def _risk_scores(tables: Mapping[str, pd.DataFrame], settings: EvaluationSettings) -> dict[str, Any]:
    concordance = {name: _concordance(table, settings) for name, table in tables.items()}
    headline = concordance.get(HEADLINE, {"estimate": None, "low": None, "high": None})
    return {
        "harrell_c": headline["estimate"],
        "harrell_c_interval": [headline["low"], headline["high"]],
        "concordance": concordance,
        "differences": _differences(tables, settings),
        "kaplan_meier": _kaplan_meier(tables[HEADLINE], settings) if HEADLINE in tables else None,
    }


def _concordance(table: pd.DataFrame, settings: EvaluationSettings) -> dict[str, Any]:
    time, event, risk, fold = _columns(table)
    interval = concordance_interval(time, event, risk, fold, settings)
    return {**as_dict(interval), "pairs": harrell_c(time, event, risk, fold).pairs}


def _differences(tables: Mapping[str, pd.DataFrame], settings: EvaluationSettings) -> dict[str, Any]:
    if HEADLINE not in tables:
        return {}
    time, event, risk, fold = _columns(tables[HEADLINE])
    outcomes = outcomes_of(tables[HEADLINE])
    ids = tables[HEADLINE]["case_id"]
    others = {
        name: tables[name].set_index("case_id").loc[ids, "risk"].to_numpy() for name in _COMPARISONS if name in tables
    }
    return {
        f"{HEADLINE} - {name}": {
            **(interval := as_dict(concordance_difference(time, event, (risk, other), fold, settings))),
            "p": None if "reason" in interval else _p(difference_test(outcomes, (risk, other))),
        }
        for name, other in others.items()
    }


def _p(test: Difference | None) -> float | None:
    return test.p if test else None


def _kaplan_meier(table: pd.DataFrame, settings: EvaluationSettings) -> dict[str, Any]:
    time, event, _, _ = _columns(table)
    group = table["group"].to_numpy(dtype=str)
    at = settings.at_risk_days
    curves = {
        name: kaplan_meier(time[group == name], event[group == name], settings.level) for name in np.unique(group)
    }
    drawn = {
        name: {"time_days": one.time_days, "survival": one.survival, "low": one.low, "high": one.high}
        for name, one in curves.items()
    }
    counted = {name: numbers_at_risk(time[group == name], at) for name in curves}
    tested = log_rank(time, event, group)
    return {"groups": drawn, "at_risk": {"time_days": at, **counted}, "logrank_p": tested.p if tested else None}


def _columns(table: pd.DataFrame) -> tuple[Any, Any, Any, Any]:
    event = table["event"].astype(float).to_numpy() > 0
    return (
        table["time_days"].to_numpy(dtype=float),
        event,
        table["risk"].to_numpy(dtype=float),
        table["fold"].to_numpy(),
    )


def _size(run: Run, known: pd.DataFrame) -> dict[str, Any]:
    model = read_document(run.folder.risk_model).models.get(HEADLINE)
    parameters = len(model.effects()) if model else 0
    table = known[known["model"] == HEADLINE]
    return {
        "events_per_parameter": model.n_events / parameters if model and parameters else None,
        "sample_size": sample_size(table, parameters, run.experiment.evaluation),
    }


def _ceiling(run: Run) -> Any:
    path = run.manifest.with_name("truth.json")
    return json.loads(path.read_text("utf-8")).get("ceiling") if path.is_file() else None
