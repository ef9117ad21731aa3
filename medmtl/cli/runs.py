"""The stages of a run as commands, and `medmtl run`, which does them all."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.extract import EXTRACT
from medmtl.cli.given import add_run, experiment_of, manifest_of
from medmtl.cli.parser import Command
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment


def _experiment_options(parser: ArgumentParser) -> None:
    parser.add_argument("--config", action="config", help="YAML of the experiment; later options overrule it.")
    parser.add_argument("--cohort", type=Path, required=True, help="The manifest (CSV) of the cohort, or its folder.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the run; the same folder resumes it.")
    parser.add_class_arguments(Experiment)


def _run(given: Namespace) -> None:
    from medmtl.stages.begin import begin_run
    from medmtl.stages.whole import run_all

    run_all(begin_run(experiment_of(given), manifest_of(given.cohort), given.out))


def _prepare(given: Namespace) -> None:
    from medmtl.stages.begin import begin_run
    from medmtl.stages.prepare import prepare_run

    prepare_run(begin_run(experiment_of(given), manifest_of(given.cohort), given.out))


def _train_options(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--fold", type=int, nargs="+", default=None, help="Folds to train, as 0 or 0 2; else all.")


def _train(given: Namespace) -> None:
    from medmtl.stages.run import open_run
    from medmtl.stages.train import train_run

    train_run(open_run(given.run), given.fold)


def _predict_options(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--cohort", type=Path | None, default=None, help="Manifest of new cases; else the run's own.")
    parser.add_argument("--out", type=Path | None, default=None, help="Folder for the predictions of new cases.")


def _predict(given: Namespace) -> None:
    from medmtl.stages.predict import predict_run
    from medmtl.stages.predict_new import predict_new
    from medmtl.stages.run import open_run
    from medmtl.stages.trained import open_trained

    if (given.cohort is None) != (given.out is None):
        raise MedmtlError("--cohort and --out go together: new cases need a folder of their own.")
    if given.cohort is None:
        predict_run(open_run(given.run))
    else:
        predict_new(open_trained(given.run), manifest_of(given.cohort), given.out)


def _fit(given: Namespace) -> None:
    from medmtl.stages.fit import fit_run
    from medmtl.stages.run import open_run

    fit_run(open_run(given.run))


def _evaluate_options(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="Folder of a run, or of predictions for new cases.")
    parser.add_argument(
        "--cohort", type=Path | None, default=None, help="Manifest with masks and outcomes of new cases."
    )


def _evaluate(given: Namespace) -> None:
    from medmtl.stages.evaluate import evaluate_run
    from medmtl.stages.evaluate_new import evaluate_new
    from medmtl.stages.run import open_run

    if given.cohort is None:
        evaluate_run(open_run(given.folder))
    else:
        evaluate_new(given.folder, manifest_of(given.cohort))


def _report(given: Namespace) -> None:
    from medmtl.stages.report import report_run
    from medmtl.stages.run import open_run

    report_run(open_run(given.run))


_RUN = """Do every stage of an experiment on a cohort; again, it resumes, or says that all is done.

  medmtl run --config configs/sts.yaml --cohort COHORT/manifest.csv --out runs/sts --training.epochs=40"""
_PREDICT = """Predict: the run's cohort out of fold, or new cases by all folds together.

  medmtl predict runs/sts --cohort NEW/manifest.csv --out predictions"""
_BEGIN = "--config YAML --cohort MANIFEST --out RUN [--section.option=value ...]"

COMMANDS = (
    Command("run", _RUN, _experiment_options, _run, usage=f"medmtl run {_BEGIN}"),
    Command(
        "prepare",
        "Begin a run: bring every case to one grid, and divide the cohort.",
        _experiment_options,
        _prepare,
        usage=f"medmtl prepare {_BEGIN}",
    ),
    Command("train", "Train the folds of a run; what was killed goes on.", _train_options, _train),
    Command("predict", _PREDICT, _predict_options, _predict),
    EXTRACT,
    Command("fit", "Fit the fused Cox model, and those beside it, on out-of-fold features.", add_run, _fit),
    Command(
        "evaluate",
        "Score a run, or predictions for new cases that have masks or outcomes.",
        _evaluate_options,
        _evaluate,
    ),
    Command("report", "Write the page of a run.", add_run, _report),
)
