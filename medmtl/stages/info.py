"""Tells what is installed, and how far a run is."""

import json
from pathlib import Path
from typing import Any

from medmtl.stages.provenance import surroundings
from medmtl.stages.run import open_run, read_record

_STAGES = ("prepare", "train", "predict", "extract", "fit", "evaluate", "report")


def describe_installation() -> dict[str, Any]:
    """Return versions and hardware."""
    return surroundings()


def describe_run(root: Path) -> dict[str, Any]:
    """Return a run's cohort, its finished stages with their seconds, and its headline scores."""
    run = open_run(root)
    seconds = read_record(run.folder).get("seconds", {})
    results = json.loads(run.folder.results.read_text("utf-8")) if run.folder.results.is_file() else {}
    scores = ("n", "n_events", "dice_mean", "dice_mean_interval", "harrell_c", "harrell_c_interval", "ceiling")
    return {
        "name": run.experiment.name,
        "endpoint": run.experiment.endpoint,
        "cases": len(run.cohort.cases),
        "done": {name: taken for name, taken in seconds.items() if name.split("_")[0] in _STAGES},
        "results": {name: results[name] for name in scores if name in results},
        "report": str(run.folder.report) if run.folder.report.is_file() else None,
    }
