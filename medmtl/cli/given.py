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
    return check_experiment(options, "the experiment")


def manifest_of(cohort: Path) -> Path:
    """Return the manifest that a path names: itself, or the one in the folder."""
    return cohort / "manifest.csv" if cohort.is_dir() else cohort


def say(text: str) -> None:
    """Answer on standard output."""
    sys.stdout.write(text + "\n")
