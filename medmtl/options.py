"""What each command may be given, and the help that teaches it."""

import argparse
from pathlib import Path

from jsonargparse import ArgumentParser

from medmtl.experiment import Experiment


def new_parser(about: str, usage: str | None = None) -> ArgumentParser:
    """Return a parser in the house style, with a usage line of its own where the options are too many to list."""
    return ArgumentParser(
        prog="medmtl",
        usage=usage,
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def experiment_options(parser: ArgumentParser) -> None:
    """Add what begins a run: the experiment, the cohort, the folder."""
    parser.add_argument("--config", action="config", help="YAML of the experiment; later options overrule it.")
    parser.add_argument("--cohort", type=Path, required=True, help="The manifest (CSV) of the cohort, or its folder.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the run; the same folder resumes it.")
    parser.add_class_arguments(Experiment)


def check_options(parser: ArgumentParser) -> None:
    """Add what `check` looks through."""
    parser.add_argument("cohort", type=Path, help="The manifest (CSV) of the cohort, or its folder.")
    parser.add_argument("--config", action="config", help="YAML of the experiment that is planned.")
    parser.add_class_arguments(Experiment)


def run_options(parser: ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument("run", type=Path, help="Folder of a run.")


def train_options(parser: ArgumentParser) -> None:
    """Add a run and its folds."""
    run_options(parser)
    parser.add_argument("--fold", type=int, nargs="+", default=None, help="Folds to train, as 0 or 0 2; else all.")


def predict_options(parser: ArgumentParser) -> None:
    """Add a run, and new cases."""
    run_options(parser)
    parser.add_argument("--cohort", type=Path | None, default=None, help="Manifest of new cases; else the run's own.")
    parser.add_argument("--out", type=Path | None, default=None, help="Folder for the predictions of new cases.")


def evaluate_options(parser: ArgumentParser) -> None:
    """Add what is scored, and what it is scored against."""
    parser.add_argument("folder", type=Path, help="Folder of a run, or of predictions for new cases.")
    parser.add_argument(
        "--cohort", type=Path | None, default=None, help="Manifest with masks and outcomes of new cases."
    )


def demo_options(parser: ArgumentParser) -> None:
    """Add where the demonstration goes, and its size."""
    parser.add_argument("--out", type=Path, required=True, help="Folder of the run; the same folder resumes it.")
    parser.add_argument("--cases", type=int, default=108, help="Phantoms to make.")
    parser.add_argument("--config", type=Path | None, default=None, help="Another experiment than configs/demo.yaml.")


def import_options(parser: ArgumentParser) -> None:
    """Add the published layouts."""
    subcommands = parser.add_subcommands(required=True, dest="layout", metavar="LAYOUT", title="layouts")
    about = "The soft-tissue sarcoma cohort of The Cancer Imaging Archive, as NIfTI or DICOM."
    sts = new_parser(about)
    subcommands.add_subcommand("sts", sts, help=about)
    sts.add_argument(
        "--images", type=Path, required=True, help="Folder with the patients' folders STS_xxx, at any depth."
    )
    sts.add_argument("--clinical", type=Path, required=True, help="The clinical sheet as published (CSV).")
    sts.add_argument("--out", type=Path, required=True, help="Folder of the cohort; gets manifest.csv and schema.yaml.")
    sts.add_argument("--jobs", type=int, default=-1, help="Patients read at once; -1 is one per core.")


def info_options(parser: ArgumentParser) -> None:
    """Add what to tell of, and how."""
    parser.add_argument(
        "run", type=Path | None, nargs="?", default=None, help="Folder of a run; else the installation."
    )
    parser.add_argument("--json", action="store_true", help="Answer as JSON.")
