"""Opens a run: makes its folder for an experiment and a cohort, or finds it again unchanged."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, read_experiment, write_experiment
from medmtl.records import Cohort, Fold
from medmtl.stages.folder import RunFolder
from medmtl.stages.provenance import file_hash, surroundings

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
    cohort = read_manifest(manifest, experiment.endpoint)
    folder = RunFolder(root)
    found = _hash(manifest)
    if folder.experiment.is_file():
        _check_same(folder, experiment, found)
    else:
        _check_empty(root)
        root.mkdir(parents=True, exist_ok=True)
        place = os.path.relpath(manifest.resolve(), root.resolve())
        record = {"manifest": place, "manifest_sha256": found, "seed": experiment.seed, **surroundings()}
        _write_json(folder.record, record)
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
    manifest = Path(os.path.normpath(root / record["manifest"]))
    found = _hash(manifest)
    if found != record["manifest_sha256"]:
        raise MedmtlError(f"{manifest} must be as it was when {root} was begun. It has changed; begin a new run.")
    return Run(folder, experiment, read_manifest(manifest, experiment.endpoint), manifest, found)


def read_record(folder: RunFolder) -> dict[str, Any]:
    """Return run.json."""
    record: dict[str, Any] = json.loads(folder.record.read_text("utf-8"))
    return record


def add_seconds(folder: RunFolder, stage: str, seconds: float) -> None:
    """Note in run.json how long a stage took."""
    if folder.record.is_file():
        record = read_record(folder)
        _write_json(folder.record, record | {"seconds": record.get("seconds", {}) | {stage: round(seconds, 1)}})


def read_folds(folder: RunFolder) -> tuple[Fold, ...]:
    """Return the folds of a prepared run."""
    if not folder.folds.is_file():
        raise MedmtlError(f"{folder.root}: the cohort must be prepared and divided first. Run `medmtl prepare`.")
    entries = json.loads(folder.folds.read_text("utf-8"))
    parts = ("train", "validate", "test")
    return tuple(Fold(entry["index"], *(tuple(entry[part]) for part in parts)) for entry in entries)


def _check_same(folder: RunFolder, experiment: Experiment, manifest_hash: str) -> None:
    stored = read_experiment(folder.experiment)
    old, new = (_flat(one.model_dump(mode="json", exclude={"jobs"})) for one in (stored, experiment))
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
    others = [path for path in root.iterdir() if path.name != COHORT] if root.is_dir() else []
    if root.is_file() or others:
        raise MedmtlError(
            f"{root} must be a new or empty folder, or a run. It holds something else; choose another --out."
        )


def _flat(values: object, path: str = "") -> dict[str, object]:
    if not isinstance(values, dict):
        return {path: values}
    return {k: v for name, value in values.items() for k, v in _flat(value, f"{path}.{name}".lstrip(".")).items()}


def _hash(manifest: Path) -> str:
    schema = manifest.with_name("schema.yaml")
    return file_hash(*(path for path in (manifest, schema) if path.is_file()))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_name(f".partial-{path.name}")
    partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    partial.replace(path)
