"""The command `medmtl`: thin commands over the stages. Heavy imports happen inside the command that needs them."""

import errno
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace

from medmtl import __version__
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, check_experiment
from medmtl.options import (
    check_options,
    demo_options,
    evaluate_options,
    experiment_options,
    import_options,
    info_options,
    new_parser,
    predict_options,
    run_options,
    train_options,
)

_ABOUT = """Multi-task learning on PET/CT: tumour segmentation and survival risk learned jointly, radiomics from the
predicted masks, a fused Cox model, scores with intervals, and a page that shows them.

Begin with `medmtl demo --out runs/demo`. With patients of your own: write a manifest (docs/run_folder.md), look through
it with `medmtl check`, then `medmtl run --config configs/sts.yaml --cohort COHORT/manifest.csv --out runs/mine`.
Exit codes: 0 done, 1 a fault of medmtl, 2 a fault in what was given."""

_NO_PLACE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG}

Command = Callable[[Namespace], None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit with 2 and one message where what was given is wrong."""
    parser, commands = _parsers()
    try:
        given = _parse(parser, arguments)
    except UnicodeDecodeError as error:
        parser.error(f"every file and word that is given must be UTF-8. Found {error}")
    _set_up_logging()
    try:
        commands[given.command](given[given.command])
    except MedmtlError as error:
        sys.stderr.write(f"medmtl {given.command}: {error}\n")
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        sys.stderr.write(f"medmtl {given.command}: files must be readable, and folders writable. Found {error}.\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command goes on from here.\n")
        sys.exit(130)


def _parse(parser: ArgumentParser, arguments: Sequence[str] | None) -> Namespace:
    try:
        return parser.parse_args(arguments)
    except AttributeError:  # jsonargparse stumbles over a class given twice, in a file and on the line
        sys.stderr.write(
            "medmtl: a class_path or init_args must be written in the YAML, not on the line beside --config.\n"
        )
        sys.exit(2)


def _parsers() -> tuple[ArgumentParser, dict[str, Command]]:
    parser = new_parser(_ABOUT)
    parser.add_argument("--version", action="version", version=f"medmtl {__version__}")
    subcommands = parser.add_subcommands(required=True, dest="command", metavar="COMMAND", title="commands")
    commands: dict[str, Command] = {}
    for name, (summary, add, command) in _COMMANDS.items():
        subparser = new_parser(summary, _USAGES.get(name))
        subcommands.add_subcommand(name, subparser, help=summary.splitlines()[0])
        add(subparser)  # only now: a command's own subcommands must come after it
        commands[name] = command
    return parser, commands


def _set_up_logging() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: record.name.startswith("medmtl") or record.levelno >= logging.WARNING)


def _experiment(given: Namespace) -> Experiment:
    options = {name: value for name, value in given.as_dict().items() if name in Experiment.model_fields}
    return check_experiment(options, "the experiment")


def _manifest(cohort: Path) -> Path:
    return cohort / "manifest.csv" if cohort.is_dir() else cohort


def _run(given: Namespace) -> None:
    from medmtl.stages.begin import begin_run
    from medmtl.stages.whole import run_all

    run_all(begin_run(_experiment(given), _manifest(given.cohort), given.out))


def _prepare(given: Namespace) -> None:
    from medmtl.stages.begin import begin_run
    from medmtl.stages.prepare import prepare_run

    prepare_run(begin_run(_experiment(given), _manifest(given.cohort), given.out))


def _check(given: Namespace) -> None:
    from medmtl.stages.check import check_cohort

    _say(check_cohort(_manifest(given.cohort), _experiment(given)))


def _train(given: Namespace) -> None:
    from medmtl.stages.run import open_run
    from medmtl.stages.train import train_run

    train_run(open_run(given.run), given.fold)


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
        predict_new(open_trained(given.run), _manifest(given.cohort), given.out)


def _extract(given: Namespace) -> None:
    from medmtl.stages.extract import extract_run
    from medmtl.stages.run import open_run

    extract_run(open_run(given.run))


def _fit(given: Namespace) -> None:
    from medmtl.stages.fit import fit_run
    from medmtl.stages.run import open_run

    fit_run(open_run(given.run))


def _evaluate(given: Namespace) -> None:
    from medmtl.stages.evaluate import evaluate_run
    from medmtl.stages.evaluate_new import evaluate_new
    from medmtl.stages.run import open_run

    if given.cohort is None:
        evaluate_run(open_run(given.folder))
    else:
        evaluate_new(given.folder, _manifest(given.cohort))


def _report(given: Namespace) -> None:
    from medmtl.stages.report import report_run
    from medmtl.stages.run import open_run

    report_run(open_run(given.run))


def _demo(given: Namespace) -> None:
    from medmtl.cohort.synthetic import PhantomSettings
    from medmtl.experiment import read_experiment
    from medmtl.stages.demo import run_demo, shipped_config

    experiment = read_experiment(given.config or shipped_config("demo.yaml"))
    run_demo(given.out, experiment, PhantomSettings(n_cases=given.cases))


def _import(given: Namespace) -> None:
    from medmtl.stages.import_sts import import_sts

    options = given[given.layout]
    _say(str(import_sts(options.images, options.clinical, options.out, options.jobs)))


def _info(given: Namespace) -> None:
    from medmtl.stages.info import describe_installation, describe_run

    found: dict[str, Any] = describe_installation() if given.run is None else describe_run(given.run)
    _say(json.dumps(found, indent=None if given.json else 2))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


_USAGES = {  # the schema has too many options to list them before the help has begun
    "run": "medmtl run --config YAML --cohort MANIFEST --out RUN [--section.option=value ...]",
    "prepare": "medmtl prepare --config YAML --cohort MANIFEST --out RUN [--section.option=value ...]",
    "check": "medmtl check MANIFEST [--config YAML] [--section.option=value ...]",
}

_COMMANDS: dict[str, tuple[str, Callable[[ArgumentParser], None], Command]] = {
    "demo": ("Make phantoms and do everything on them: the quickest way to see a report.", demo_options, _demo),
    "import": ("Turn a published cohort into a manifest.", import_options, _import),
    "check": ("Look through a cohort and name every fault at once.", check_options, _check),
    "run": (
        "Do every stage of an experiment on a cohort; again, it resumes, or says that all is done.\n\n"
        "  medmtl run --config configs/sts.yaml --cohort COHORT/manifest.csv --out runs/sts --training.epochs=40",
        experiment_options,
        _run,
    ),
    "prepare": ("Begin a run: bring every case to one grid, and divide the cohort.", experiment_options, _prepare),
    "train": ("Train the folds of a run; what was killed goes on.", train_options, _train),
    "predict": (
        "Predict: the run's cohort out of fold, or new cases by all folds together.\n\n"
        "  medmtl predict runs/sts --cohort NEW/manifest.csv --out predictions",
        predict_options,
        _predict,
    ),
    "extract": ("Extract radiomics from the predicted masks of a run.", run_options, _extract),
    "fit": ("Fit the fused Cox model, and those beside it, on out-of-fold features.", run_options, _fit),
    "evaluate": (
        "Score a run, or predictions for new cases that have masks or outcomes.",
        evaluate_options,
        _evaluate,
    ),
    "report": ("Write the page of a run.", run_options, _report),
    "info": ("Tell what is installed, or how far a run is.", info_options, _info),
}
