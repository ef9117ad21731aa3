"""Opens a run: makes its folder for an experiment and a cohort, or finds it again unchanged."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.predictors import choose_predictors
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, read_experiment, write_experiment
from medmtl.records import Cohort, Fold
from medmtl.stages.folder import RunFolder
from medmtl.stages.provenance import file_hash, surroundings
from medmtl.whole_file import PARTIAL

COHORT = "cohort"  # a cohort may lie inside the folder of its run, as the demo's does


@dataclass(frozen=True, slots=True)
class Run:
    """An experiment on a cohort, and the folder it fills."""

    folder: RunFolder
    experiment: Experiment
    cohort: Cohort
    manifest: Path
    manifest_hash: str


def create_run(experiment: Experiment, manifest: Path, root: Path) -> Run:
    """Make the run's folder, or find it with the same experiment and cohort.

    Raises MedmtlError where the folder holds another experiment or another cohort: nothing made is overwritten.
    """
    cohort = _cohort(manifest, experiment)
    folder = RunFolder(root)
    found = _hash(manifest)
    if folder.stamp("prepare").is_file():
        _check_same(folder, experiment, found)
    else:
        if not folder.experiment.is_file():  # else it was begun, but never prepared: a mended cohort may take its place
            _check_empty(root)
        root.mkdir(parents=True, exist_ok=True)
        place = os.path.relpath(manifest.resolve(), root.resolve())
        record = {"manifest": place, "manifest_sha256": found, "seed": experiment.seed, **surroundings()}
        record["clinical"] = [asdict(column) for column in cohort.columns]  # for `predict`, where the cohort is not
        write_record(folder, record)
        write_experiment(experiment, folder.experiment)
    return Run(folder, experiment, cohort, manifest, found)


def open_run(root: Path) -> Run:
    """Open a run that was begun; raise MedmtlError where there is none or where its cohort has changed."""
    folder = RunFolder(root)
    if not folder.experiment.is_file():
        raise MedmtlError(
            f"{root} must be the folder of a run. It has no experiment.yaml; begin with `medmtl prepare`."
        )
    experiment = read_experiment(folder.experiment)
    record = read_record(folder)
    manifest = Path(os.path.normpath(root.resolve() / record["manifest"]))
    if not manifest.is_file():
        raise MedmtlError(f"{manifest}: the cohort of {root} must be where it was. It is not there; restore it.")
    found = _hash(manifest)
    if found != record["manifest_sha256"]:
        raise MedmtlError(f"{manifest} must be as it was when {root} was begun. It has changed; begin a new run.")
    return Run(folder, experiment, _cohort(manifest, experiment), manifest, found)


def read_record(folder: RunFolder) -> dict[str, Any]:
    """Return run.json."""
    record: dict[str, Any] = json.loads(folder.record.read_text("utf-8"))
    return record


def write_record(folder: RunFolder, record: dict[str, Any]) -> None:
    """Write run.json whole; folds that are trained side by side may each write it."""
    partial = folder.record.with_name(f"{PARTIAL}{os.getpid()}-{folder.record.name}")
    partial.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    partial.replace(folder.record)


def read_folds(folder: RunFolder) -> tuple[Fold, ...]:
    """Return the folds of a prepared run."""
    if not folder.folds.is_file():
        raise MedmtlError(f"{folder.root}: the cohort must be prepared and divided first. Run `medmtl prepare`.")
    entries = json.loads(folder.folds.read_text("utf-8"))
    parts = ("train", "validate", "test")
    return tuple(Fold(entry["index"], *(tuple(entry[part]) for part in parts)) for entry in entries)


def _cohort(manifest: Path, experiment: Experiment) -> Cohort:
    """Return the cohort with the experiment's endpoint, and of its clinical columns those that are predicted from."""
    return choose_predictors(read_manifest(manifest, experiment.endpoint), experiment.predictors)


def _check_same(folder: RunFolder, experiment: Experiment, manifest_hash: str) -> None:
    stored = read_experiment(folder.experiment)
    alone = {"jobs", "folds_at_once", "parallel"}  # they change no result, but by rounding
    old, new = (_flat(one.model_dump(mode="json", exclude=alone)) for one in (stored, experiment))
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if changed:
        told = ", ".join(f"{key} ({old.get(key)} there, {new.get(key)} now)" for key in changed[:5])
        raise MedmtlError(
            f"{folder.root} must be a run of this experiment. It differs in {told}. Choose another --out."
        )
    if read_record(folder)["manifest_sha256"] != manifest_hash:
        raise MedmtlError(
            f"{folder.root} must be a run of this cohort. It was begun with another; choose another --out."
        )


def _check_empty(root: Path) -> None:
    """Refuse a folder that holds files, but for a cohort, empty folders and what a run killed at its birth left."""
    found = [path for path in root.iterdir() if path.name != COHORT] if root.is_dir() else []
    if root.is_file() or any(not _left_at_birth(path) for path in found):
        raise MedmtlError(
            f"{root} must be a new or empty folder, or a run. It holds something else; choose another --out."
        )


def _left_at_birth(path: Path) -> bool:
    born = path.name in {"run.json", f"{PARTIAL}experiment.yaml"} or path.match(f"{PARTIAL}*-run.json")
    return (path.is_file() and born) or (path.is_dir() and not any(path.iterdir()))


def _flat(values: object, path: str = "") -> dict[str, object]:
    if not isinstance(values, dict):
        return {path: values}
    return {k: v for name, value in values.items() for k, v in _flat(value, f"{path}.{name}".lstrip(".")).items()}


def _hash(manifest: Path) -> str:
    schema = manifest.with_name("schema.yaml")
    return file_hash(*(path for path in (manifest, schema) if path.is_file()))
