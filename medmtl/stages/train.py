"""Trains the folds of a run."""

import logging
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.log import is_set_up, set_up_logging
from medmtl.recipe import recipe_of
from medmtl.stages.prepare import prepared_files
from medmtl.stages.provenance import text_hash
from medmtl.stages.run import Run, read_folds
from medmtl.stages.stamps import is_done, outputs_of, perform
from medmtl.stages.workers import as_they_come, workers
from medmtl.training.fit import train_fold
from medmtl.training.precision import choose_device

_LOG = logging.getLogger(__name__)
KILLED = (
    "no training may be killed, as the system does for want of memory. Found one killed; the same command goes on from "
    "there, and {} needs least memory."
)


def train_run(run: Run, folds: Sequence[int] | None = None) -> list[str]:
    """Train these folds, or all; return the hashes of their models. A training that was killed goes on.

    Several are trained at once where `folds_at_once` says so; one that fails does not stop the others, and is named
    in the MedmtlError at the end.
    """
    known = [fold.index for fold in read_folds(run.folder)]
    unknown = sorted(set(folds or ()) - set(known))
    if unknown:
        raise MedmtlError(f"--fold must be one of {known}. Found {unknown}.")
    wanted = known if folds is None else list(folds)
    inputs = _inputs(run)
    left = [index for index in wanted if not is_done(run.folder, f"train_{index}", inputs)]
    at_once = folds_at_once(run.experiment, len(left))
    if at_once > 1:
        alone = len(left) % at_once == 1  # the last one has every core when the others are done
        _train_beside(run, left[:-1] if alone else left, at_once)
    return [_train(run, index) for index in wanted]


def folds_at_once(experiment: Experiment, folds: int) -> int:
    """Return how many of so many folds are trained at once: small networks leave the further threads of one idle."""
    training = experiment.training
    if experiment.folds_at_once is not None:
        return min(experiment.folds_at_once, folds)
    if training.devices > 1 or choose_device(training).type == "cuda":
        return 1
    return workers(experiment.jobs, folds)


def _train_beside(run: Run, folds: Sequence[int], at_once: int) -> None:
    try:
        work = (delayed(_try)(run, index, shown=is_set_up()) for index in folds)
        told = dict(as_they_come(work, at_once))
    except TerminatedWorkerError as error:
        raise MedmtlError(KILLED.format("folds_at_once: 1")) from error
    faults = [f"fold {index}: {told[index]}" for index in folds if told[index]]
    if faults:
        raise MedmtlError("training failed.\n  " + "\n  ".join(faults))


def _try(run: Run, index: int, shown: bool) -> tuple[int, str]:
    """Train in a further process; return the fold and why it failed, or nothing."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    if shown:
        set_up_logging()
    try:
        _train(run, index, alone=False)
    except MedmtlError as error:
        return index, str(error)
    return index, ""


def _train(run: Run, index: int, alone: bool = True) -> str:
    recipe = recipe_of(run.experiment)._replace(bar=alone)
    fold = next(fold for fold in read_folds(run.folder) if fold.index == index)
    inputs = _inputs(run)

    def work() -> list[Path]:
        _set_aside_others(run.folder.fold(index), text_hash(*inputs))
        return [train_fold(fold, run.cohort, prepared_files(run.folder), recipe, run.folder.fold(index))]

    return perform(run.folder, f"train_{index}", inputs, work)


def _inputs(run: Run) -> tuple[str, ...]:
    recipe = recipe_of(run.experiment)
    told = (recipe.network, recipe.data, recipe.training)
    return (
        outputs_of(run.folder, "prepare") or "",
        *(settings.model_dump_json() for settings in told),
        repr((recipe.balancer, recipe.classes, recipe.endpoint, recipe.seed)),
    )


def _set_aside_others(folder: Path, inputs: str) -> None:
    """Move a training aside that was begun with other inputs: none goes on from other images, and none is lost."""
    note = folder / "inputs.txt"
    if note.is_file() and note.read_text("utf-8") == inputs:
        return
    if folder.is_dir() and any(folder.iterdir()):
        old = next(p for n in count(1) if not (p := folder.with_name(f"old_{n}_{folder.name}")).exists())
        _LOG.warning("%s was trained on other images; it is kept as %s", folder.name, old.name)
        folder.rename(old)
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(inputs, "utf-8")
