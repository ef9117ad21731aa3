"""Begins a run once it is known that it can be carried out, so that a slip in the experiment leaves nothing behind."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from medmtl.balancing.build import build_balancer
from medmtl.cohort.files import files_of_cases, shared_files
from medmtl.cohort.labels import Levels, known_endpoints, known_labels, levels_of
from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.predictors import choose_predictors
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.imaging.region.base import Region
from medmtl.members import build
from medmtl.network import MultiTaskNetwork, build_network, check_gives_mask, check_network
from medmtl.records import Cohort, Fold
from medmtl.stages.divide import divide
from medmtl.stages.folder import RunFolder
from medmtl.stages.run import Run, create_run
from medmtl.tasks.base import Known
from medmtl.training.combinations import (
    check_accumulation,
    check_balancer,
    check_batches,
    check_sharpness,
    check_stopping,
)
from medmtl.training.groups import parameter_groups
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
    folds = divide(experiment, cohort)
    check_folds(experiment, cohort, folds, check_plan(experiment, cohort))


def check_plan(experiment: Experiment, cohort: Cohort) -> MultiTaskNetwork:
    """Return the network; raise MedmtlError where region or balancer or it cannot be built, or nothing gives masks."""
    build(experiment.prepare.region, Region)  # type: ignore[type-abstract]
    network = check_learnable(experiment, cohort)
    check_gives_mask(network)
    return network


def check_learnable(experiment: Experiment, cohort: Cohort) -> MultiTaskNetwork:
    """Return the network; raise MedmtlError where it or the balancer cannot be built, or an endpoint is not there."""
    chosen = choose_predictors(cohort, experiment.predictors)
    network = _network(experiment, chosen, levels_of(chosen))
    check_network(network, experiment.data.patch)
    check_batches(network, experiment.data, experiment.training)
    balancer = build_balancer(experiment.balancer, network.named_tasks())
    check_balancer(network, balancer)
    check_sharpness(balancer, experiment.training)
    check_accumulation(balancer, experiment.training)
    parameter_groups(network, experiment.training)
    if experiment.network.init_from is not None:
        init_from(network, experiment.network.init_from)
    known = {name for case in cohort.cases for name in case.endpoints}
    for name, task in network.named_tasks().items():
        if task.endpoint is not None and task.endpoint not in known:
            raise MedmtlError(f"Task {name}: endpoint {task.endpoint} must be one of {sorted(known)}, known in a case.")
    return network


def check_folds(experiment: Experiment, cohort: Cohort, folds: Sequence[Fold], network: MultiTaskNetwork) -> None:
    """Raise MedmtlError where a task of the cohort's network cannot be learned from the training cases of a fold."""
    chosen = choose_predictors(cohort, experiment.predictors)
    for fold in folds:
        train = chosen.select(fold.train)
        levels = levels_of(train)
        try:
            same = levels == levels_of(chosen)
            learner = network if same else _network(experiment, train, levels)
            known = Known(known_endpoints(train.cases), known_labels(train.cases, levels))
            losses = nn.ModuleDict({name: task.loss(known) for name, task in learner.named_tasks().items()})
            balancer = build_balancer(experiment.balancer, learner.named_tasks())
            check_stopping(learner, balancer, losses, len(fold.validate))
        except MedmtlError as error:
            raise MedmtlError(f"Training cases of fold {fold.index}: {error}") from error


def _network(experiment: Experiment, chosen: Cohort, levels: Levels) -> MultiTaskNetwork:
    classes = 1 + len(experiment.prepare.labels)
    return build_network(experiment.network, len(chosen.columns), classes, experiment.endpoint, levels)


def _refuse_shared(cohort: Cohort) -> None:
    """Raise MedmtlError where one image is named twice: its patient would be trained on and tested at once."""
    told = "\n".join(f"  {finding}" for finding in shared_files(files_of_cases(cohort.cases)))
    if told:
        raise MedmtlError(f"An image is named more than once:\n{told}")
