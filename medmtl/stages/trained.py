"""A finished run as new cases need it: its own cohort, which may not leave the hospital, need not be there."""

from dataclasses import dataclass
from pathlib import Path

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, read_experiment
from medmtl.records import ClinicalColumn, Scale
from medmtl.stages.folder import RunFolder
from medmtl.stages.run import read_folds, read_record


@dataclass(frozen=True, slots=True)
class Trained:
    """A run's folder and experiment, the clinical columns it was given, and the ids of the cases it learned from."""

    folder: RunFolder
    experiment: Experiment
    columns: tuple[ClinicalColumn, ...]
    ids: tuple[str, ...]
    manifest_hash: str


def open_trained(root: Path) -> Trained:
    """Open a run to apply it; raise MedmtlError where it is not finished as far as that needs."""
    folder = RunFolder(root)
    needed = (folder.experiment, folder.record, folder.folds, folder.risk_model)
    missing = [path.name for path in needed if not path.is_file()]
    if missing:
        raise MedmtlError(
            f"{root} must be a finished run. It has no {', '.join(missing)}; finish it with `medmtl run`."
        )
    record = read_record(folder)
    if "clinical" not in record:
        raise MedmtlError(
            f"{folder.record} must name the clinical columns. It is of a version before they were kept: score its "
            "risk/model.json on a table of features, or begin the run again."
        )
    columns = (ClinicalColumn(c["name"], Scale(c["scale"]), tuple(c["levels"])) for c in record["clinical"])
    ids = tuple(case_id for fold in read_folds(folder) for case_id in fold.test)
    return Trained(folder, read_experiment(folder.experiment), tuple(columns), ids, record["manifest_sha256"])
