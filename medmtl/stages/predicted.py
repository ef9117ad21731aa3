"""The predictions of a run, for its own cohort out of fold or for new cases, as they are given away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.experiment import read_experiment
from medmtl.records import Cohort
from medmtl.stages.evaluate import HEADLINE
from medmtl.stages.folder import RunFolder
from medmtl.stages.new_folder import NewFolder, read_run_record
from medmtl.stages.predict import read_predictions
from medmtl.stages.run import open_run

RISKS = ("risk", "deep_log_hazard")  # of the fused model, and of the network; larger is worse


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What was predicted: `table` is indexed by case id, and has RISKS, `group` and `fold` as far as they are known.

    `mask` tells where a case's mask lies, `run` is the name of the run's folder.
    """

    root: Path
    run: str
    endpoint: str | None
    labels: Mapping[str, int]
    table: pd.DataFrame
    mask: Callable[[str], Path]

    def chosen(self, case_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Return these cases, or all where none is named; raise MedmtlError where one was not predicted."""
        unknown = [case_id for case_id in case_ids if case_id not in self.table.index]
        if unknown:
            raise MedmtlError(f"--cases must name cases that {self.root} predicts. It has no {', '.join(unknown)}.")
        return tuple(dict.fromkeys(case_ids)) or tuple(self.table.index)

    def risks(self, case_id: str) -> dict[str, float]:
        """Return the risks that are known of a case."""
        values = {name: float(self._value(case_id, name, float("nan"))) for name in RISKS}
        return {name: value for name, value in values.items() if isfinite(value)}

    def group(self, case_id: str) -> str | None:
        """Return `low`, `high`, or None where the run does not say."""
        found = self._value(case_id, "group", None)
        return None if pd.isna(found) else str(found)

    def models(self, case_id: str) -> str:
        """Say in words which models predicted the case."""
        fold = self._value(case_id, "fold", None)
        return "all folds together" if fold is None else f"fold {fold}"

    def _value(self, case_id: str, column: str, default: Any) -> Any:
        return self.table[column].get(case_id, default) if column in self.table else default


def open_predicted(root: Path) -> Predicted:
    """Open the folder of a run, or of predictions for new cases; raise MedmtlError where it is neither."""
    run, new = RunFolder(root), NewFolder(root)
    if run.experiment.is_file():
        return _of_run(run)
    if new.record.is_file():
        return _of_new(new)
    raise MedmtlError(f"{root} must be the folder of a run, or of predictions of `medmtl predict`. It is neither.")


def cohort_of(predicted: Predicted, manifest: Path | None) -> Cohort:
    """Return the cohort of a manifest, or the run's own where none is given; raise MedmtlError where it has none."""
    if manifest is not None:
        return read_manifest(manifest)
    if not RunFolder(predicted.root).experiment.is_file():
        raise MedmtlError(f"--cohort must name the manifest of the cases in {predicted.root}: their PETs are measured.")
    return open_run(predicted.root).cohort


def _of_run(folder: RunFolder) -> Predicted:
    experiment = read_experiment(folder.experiment)
    table = read_predictions(folder.predictions)
    if folder.risks.is_file():
        risks = pd.read_csv(folder.risks, dtype={"case_id": str})
        table = table.join(risks[risks["model"] == HEADLINE].set_index("case_id")[["risk", "group"]])
    name = folder.root.resolve().name
    return Predicted(folder.root, name, experiment.endpoint, experiment.prepare.labels, table, folder.mask)


def _of_new(folder: NewFolder) -> Predicted:
    record = read_run_record(folder)
    if "labels" not in record:
        raise MedmtlError(f"{folder.record} must name the labels of the masks. It does not; predict the cases again.")
    table, name = read_predictions(folder.cases), (folder.root / record["run"]).resolve().name
    return Predicted(folder.root, name, record["endpoint"], record["labels"], table, folder.mask)
