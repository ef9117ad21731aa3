"""Begins a run once it is known that it can be carried out, so that a slip in the experiment leaves nothing behind."""

from pathlib import Path

from medmtl.balancing.build import build_balancer
from medmtl.cohort.files import files_of_cases, shared_files
from medmtl.cohort.labels import levels_of
from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.predictors import choose_predictors
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.imaging.region.base import Region
from medmtl.members import build
from medmtl.network import MultiTaskNetwork, build_network, check_gives_mask, check_network
from medmtl.records import Cohort
from medmtl.stages.divide import divide
from medmtl.stages.folder import RunFolder
from medmtl.stages.run import Run, create_run
from medmtl.training.combinations import check_accumulation, check_balancer, check_batches
from medmtl.training.init_from import init_from


def begin_run(experiment: Experiment, manifest: Path, root: Path) -> Run:
    """Make the run's folder, or find it again; raise MedmtlError where `create_run` or `check_feasible` would."""
    if not RunFolder(root).experiment.is_file():
        cohort = read_manifest(manifest, experiment.endpoint)
        _refuse_shared(cohort)
        check_feasible(experiment, cohort)
    return create_run(experiment, manifest, root)


def check_feasible(experiment: Experiment, cohort: Cohort) -> None:
    """Raise MedmtlError where the cohort cannot be divided, or network or balancer cannot be built, as asked for."""
    divide(experiment, cohort)
    check_plan(experiment, cohort)


def check_plan(experiment: Experiment, cohort: Cohort) -> None:
    """Raise MedmtlError where region, network or balancer cannot be built as asked for, or nothing gives masks."""
    build(experiment.prepare.region, Region)  # type: ignore[type-abstract]
    check_gives_mask(check_learnable(experiment, cohort))


def check_learnable(experiment: Experiment, cohort: Cohort) -> MultiTaskNetwork:
    """Return the network; raise MedmtlError where it or the balancer cannot be built, or an endpoint is not there."""
    classes = 1 + len(experiment.prepare.labels)
    chosen = choose_predictors(cohort, experiment.predictors)
    levels = levels_of(chosen)
    network = build_network(experiment.network, len(chosen.columns), classes, experiment.endpoint, levels)
    check_network(network, experiment.data.patch)
    check_batches(network, experiment.data, experiment.training)
    balancer = build_balancer(experiment.balancer, network.named_tasks())
    check_balancer(network, balancer)
    check_accumulation(balancer, experiment.training)
    if experiment.network.init_from is not None:
        init_from(network, experiment.network.init_from)
    known = {name for case in cohort.cases for name in case.endpoints}
    for name, task in network.named_tasks().items():
        if task.endpoint is not None and task.endpoint not in known:
            raise MedmtlError(f"Task {name}: endpoint {task.endpoint} must be one of {sorted(known)}, known in a case.")
    return network


def _refuse_shared(cohort: Cohort) -> None:
    """Raise MedmtlError where one image is named twice: its patient would be trained on and tested at once."""
    told = "\n".join(f"  {finding}" for finding in shared_files(files_of_cases(cohort.cases)))
    if told:
        raise MedmtlError(f"An image is named more than once:\n{told}")
