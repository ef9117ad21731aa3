"""The folder that holds the predictions of a run for new cases."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medmtl.errors import MedmtlError
from medmtl.stages.provenance import file_hash
from medmtl.stages.trained import Trained
from medmtl.whole_file import partial_of, whole_file


@dataclass(frozen=True, slots=True)
class NewFolder:
    """Where predictions for new cases lie."""

    root: Path

    @property
    def cases(self) -> Path:
        """One row per case."""
        return self.root / "cases.csv"

    @property
    def features(self) -> Path:
        """The table of features."""
        return self.root / "features.parquet"

    @property
    def feature_provenance(self) -> Path:
        """Who measured the features, and by which settings."""
        return self.root / "features.json"

    @property
    def stability(self) -> Path:
        """The folder of what measuring again, slightly changed, says of the features."""
        return self.root / "stability"

    @property
    def record(self) -> Path:
        """Which run made them."""
        return self.root / "prediction.json"

    @property
    def failures(self) -> Path:
        """Cases that could not be predicted, and why."""
        return self.root / "failures.csv"

    @property
    def results(self) -> Path:
        """The scores."""
        return self.root / "results.json"

    @property
    def prepared(self) -> Path:
        """The prepared cases."""
        return self.root / "cache" / "prepared"

    @property
    def coverage(self) -> Path:
        """How much of each reference mask lies in what the network sees."""
        return self.root / "coverage.csv"

    @property
    def feature_memory(self) -> Path:
        """Features of single cases, so that extraction resumes."""
        return self.root / "cache" / "features"

    def mask(self, case_id: str) -> Path:
        """The predicted mask of a case."""
        return self.root / "masks" / f"{case_id}.nii.gz"

    def further_masks(self, case_id: str) -> Path:
        """The folder of a case's further masks, for the stability of its features."""
        return self.root / "further" / case_id


def claim(folder: NewFolder, run: Trained) -> None:
    """Make the folder for this run; raise MedmtlError where it holds something else.

    The scores and the coverage of earlier predictions are taken away, since those predictions are made again.
    """
    record = _record(folder, run)
    if folder.record.is_file():
        found = read_run_record(folder)
        if any(found.get(key) != record[key] for key in ("experiment_of", "risk_model_sha256")):
            raise MedmtlError(f"{folder.root} must hold predictions of {run.folder.root}. Choose another --out.")
        for earlier in (folder.results, folder.coverage):
            earlier.unlink(missing_ok=True)
        return
    born = partial_of(folder.record)  # what a command killed at its birth left
    if folder.root.is_file() or (folder.root.is_dir() and any(path != born for path in folder.root.iterdir())):
        raise MedmtlError(
            f"{folder.root} must be a new or empty folder. It holds something else; choose another --out."
        )
    with whole_file(folder.record) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def _record(folder: NewFolder, run: Trained) -> dict[str, Any]:
    return {
        "run": os.path.relpath(run.folder.root.resolve(), folder.root.resolve()),
        "experiment_of": run.manifest_hash,
        "risk_model_sha256": file_hash(run.folder.risk_model),
        "endpoint": run.experiment.endpoint,
        "labels": run.experiment.prepare.labels,
        "evaluation": run.experiment.evaluation.model_dump(mode="json"),
    }


def read_run_record(folder: NewFolder) -> dict[str, Any]:
    """Return which run made the predictions, for which endpoint, and how they are to be evaluated."""
    if not folder.record.is_file():
        raise MedmtlError(
            f"{folder.root} must hold predictions. It has no prediction.json; run `medmtl predict` first."
        )
    record: dict[str, Any] = json.loads(folder.record.read_text("utf-8"))
    return record
