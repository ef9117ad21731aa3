"""What several commands read from what they were given, and how they answer."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.experiment import Experiment, check_experiment


def add_run(parser: ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument("run", type=Path, help="Folder of a run.")


def experiment_of(given: Namespace) -> Experiment:
    """Return the experiment among the options; raise MedmtlError where its parts contradict each other."""
    options = {name: value for name, value in given.as_dict().items() if name in Experiment.model_fields}
    return check_experiment({name: _as_written(value) for name, value in options.items()}, "the experiment")


def _as_written(value: object, within: bool = False) -> object:
    """Return options without what jsonargparse adds to a member that is an argument of another: None for its tasks."""
    if isinstance(value, list | tuple):
        return [_as_written(one, within) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _as_written(one, within or name == "init_args") for name, one in value.items()}
    options = found.get("init_args")
    if within and "class_path" in value and isinstance(options, dict):
        found["init_args"] = {name: one for name, one in options.items() if one is not None}
    return found


def manifest_of(cohort: Path) -> Path:
    """Return the manifest that a path names: itself, or the one in the folder."""
    return cohort / "manifest.csv" if cohort.is_dir() else cohort


def say(text: str) -> None:
    """Answer on standard output."""
    sys.stdout.write(text + "\n")
