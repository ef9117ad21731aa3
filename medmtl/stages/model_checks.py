"""What a reader asks of the models besides their scores: assumptions, optimism, chance, and copies of the outcome."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from medmtl.evaluation.optimism import Optimism
from medmtl.risk.assumptions import HazardsTest, apparent_c, hazards_test
from medmtl.risk.document import read_document
from medmtl.risk.outcome_copies import outcome_copies
from medmtl.risk.recipes import recipes
from medmtl.risk.rows import RiskRows
from medmtl.stages.fit import risk_rows
from medmtl.stages.own_repeats import risk_settings
from medmtl.stages.run import Run


def model_checks(run: Run) -> dict[str, Any]:
    """Return the test of proportional hazards and the optimism of the models fitted on all cases, and what is beside.

    `permutation` and `repeats` are there where the experiment asks for them, else None.
    """
    rows = risk_rows(run)
    recipes(run.experiment.risk)  # loads the modules of the user's own members
    models = read_document(run.folder.risk_model).models
    return {
        "proportional_hazards": {name: _hazards(hazards_test(model, rows)) for name, model in models.items()},
        "optimism": _optimism(run, rows, models),
        "permutation": _permutation(run),
        "repeats": _repeats(run),
        "outcome_copies": outcome_copies(rows),
    }


def _hazards(found: HazardsTest) -> dict[str, Any]:
    told = {"n": found.n, "n_events": found.n_events, "tests": [asdict(test) for test in found.tests]}
    return told | ({"reason": found.reason} if found.reason else {})


def _optimism(run: Run, rows: RiskRows, models: Mapping[str, Any]) -> dict[str, Any]:
    """Resample the usual models alone: members may take long."""
    settings = risk_settings(run)
    if not settings.optimism:
        return {}
    usual = [name for name in settings.models if name in models and name not in settings.members]
    found = recipes(settings, rows)
    return {name: _corrected(apparent_c(found[name], rows, settings.optimism, settings.seed)) for name in usual}


def _corrected(found: Optimism) -> dict[str, Any]:
    names = ("apparent", "optimism", "left_out", "share_632", "share_632_plus", "resamples")
    return {"corrected": found.harrell, **{name: getattr(found, name) for name in names}}


def _permutation(run: Run) -> dict[str, Any] | None:
    path = run.folder.risks.with_name("null.json")
    if not path.is_file():
        return None
    null = json.loads(path.read_text("utf-8"))
    draws = pd.Series(null["draws"], dtype=float)
    mean = None if draws.empty else float(draws.mean())
    return {"model": null["model"], "observed": null["observed"], "p": null["p"], "mean": mean, "n": len(draws)}


def _repeats(run: Run) -> dict[str, Any] | None:
    path = run.folder.risks.with_name("division_scores.csv")
    if not path.is_file():
        return None
    table = pd.read_csv(path)
    return {str(name): _divided(each) for name, each in table.groupby("model", sort=False)}


def _divided(table: pd.DataFrame) -> dict[str, Any]:
    """Return one model's C by division, None where no pair is comparable, and the spread over the repeats."""
    scores = {
        str(a): None if pd.isna(c) else float(c) for a, c in zip(table["division"], table["harrell_c"], strict=True)
    }
    single = [c for name, c in scores.items() if name.startswith("repeat_") and c is not None]
    spread = {"lowest": min(single), "highest": max(single), "n": len(single)} if single else {}
    return {"mean": scores.get("repeats"), "centre": scores.get("centre"), **spread}
