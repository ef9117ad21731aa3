"""Trains the folds of a run."""

import logging
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from medmtl.errors import MedmtlError
from medmtl.recipe import recipe_of
from medmtl.stages.prepare import prepared_files
from medmtl.stages.provenance import text_hash
from medmtl.stages.run import Run, read_folds
from medmtl.stages.stamps import outputs_of, perform
from medmtl.training.fit import train_fold

_LOG = logging.getLogger(__name__)


def train_run(run: Run, folds: Sequence[int] | None = None) -> list[str]:
    """Train these folds, or all; return the hashes of their models. A training that was killed goes on."""
    divided = read_folds(run.folder)
    known = [fold.index for fold in divided]
    unknown = sorted(set(folds or ()) - set(known))
    if unknown:
        raise MedmtlError(f"--fold must be one of {known}. Found {unknown}.")
    return [_train(run, index) for index in (known if folds is None else folds)]


def _train(run: Run, index: int) -> str:
    experiment = run.experiment
    recipe = recipe_of(experiment)
    fold = next(fold for fold in read_folds(run.folder) if fold.index == index)
    told = (recipe.network, recipe.data, recipe.training)
    inputs = (
        outputs_of(run.folder, "prepare") or "",
        *(settings.model_dump_json() for settings in told),
        repr((recipe.balancer, recipe.classes, recipe.endpoint, recipe.seed)),
    )

    def work() -> list[Path]:
        _set_aside_others(run.folder.fold(index), text_hash(*inputs))
        return [train_fold(fold, run.cohort, prepared_files(run.folder), recipe, run.folder.fold(index))]

    return perform(run.folder, f"train_{index}", inputs, work)


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
