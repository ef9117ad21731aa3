"""The demonstration: phantoms made, and the whole run on them."""

import sysconfig
from pathlib import Path

from medmtl.cohort.synthetic import PhantomSettings
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.stages.begin import begin_run
from medmtl.stages.make_phantoms import make_phantoms
from medmtl.stages.run import COHORT
from medmtl.stages.whole import run_all


def run_demo(out: Path, experiment: Experiment, phantoms: PhantomSettings) -> Path:
    """Make phantoms in `out/cohort`, run the experiment on them in `out`, and return the report's path."""
    manifest = make_phantoms(out / COHORT, phantoms, experiment.jobs)
    run = begin_run(experiment, manifest, out)
    run_all(run)
    return run.folder.report


def shipped_config(name: str) -> Path:
    """Return the path of an experiment that medmtl ships: beside the sources, or where the wheel puts its data."""
    beside = Path(__file__).parents[2] / "configs"
    installed = Path(sysconfig.get_path("data")) / "share" / "medmtl" / "configs"
    for folder in (beside, installed):
        if (folder / name).is_file():
            return folder / name
    raise MedmtlError(f"The experiment {name} must be in {beside} or {installed}. Install medmtl again.")
