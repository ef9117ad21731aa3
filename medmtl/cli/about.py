"""`medmtl demo` and `medmtl info`: a first look, and what is installed."""

import json
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import say
from medmtl.cli.parser import Command


def _demo_options(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="Folder of the run; the same folder resumes it.")
    parser.add_argument("--cases", type=int, default=108, help="Phantoms to make.")
    parser.add_argument("--config", type=Path | None, default=None, help="Another experiment than configs/demo.yaml.")


def _demo(given: Namespace) -> None:
    from medmtl.cohort.synthetic import PhantomSettings
    from medmtl.experiment import read_experiment
    from medmtl.stages.demo import run_demo, shipped_config

    experiment = read_experiment(given.config or shipped_config("demo.yaml"))
    run_demo(given.out, experiment, PhantomSettings(n_cases=given.cases))


def _info_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", type=Path | None, nargs="?", default=None, help="Folder of a run; else the installation."
    )
    parser.add_argument("--json", action="store_true", help="Answer as JSON.")


def _info(given: Namespace) -> None:
    from medmtl.stages.info import describe_installation, describe_run

    found: dict[str, Any] = describe_installation() if given.run is None else describe_run(given.run)
    say(json.dumps(found, indent=None if given.json else 2))


DEMO = Command(
    "demo", "Make phantoms and do everything on them: the quickest way to see a report.", _demo_options, _demo
)
INFO = Command("info", "Tell what is installed, or how far a run is.", _info_options, _info)
