"""Carries out a comparison: every way of learning, every seed, and the table of what came of it."""

import hashlib
import logging
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from joblib import cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.comparison.cell import Cell, Material, compute_cell
from medmtl.comparison.grid import Grid
from medmtl.comparison.table import make_table
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, read_experiment
from medmtl.records import Cohort, Endpoint, Fold
from medmtl.report.forest import draw_forest
from medmtl.report.markdown import markdown_table
from medmtl.stages.begin import begin_run, check_folds, check_learnable
from medmtl.stages.divide import divide
from medmtl.stages.folder import RunFolder
from medmtl.stages.make_phantoms import make_phantoms
from medmtl.stages.prepare import prepare_run, prepared_files
from medmtl.stages.progress import progress
from medmtl.stages.run import Run
from medmtl.stages.train import KILLED
from medmtl.stages.workers import as_they_come, workers
from medmtl.training.precision import choose_device
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_SAME = ("endpoint", "predictors", "prepare", "folds")  # of every cell: they share the prepared cases and the tests
_DECIDE = {"endpoint", "predictors", "seed", "folds", "prepare", "data", "network", "balancer", "training"}  # on a cell
_AT_ONCE = 8  # trainings, unless more are asked for: each takes a gigabyte or more


class _Work(NamedTuple):
    """A cell that is to be computed."""

    name: str
    experiment: Experiment
    fold: Fold
    folder: Path


def compare(grid: Grid, manifest: Path | None, out: Path, jobs: int | None = None) -> Path:
    """Do what is left to do of the grid in `out`; return the table's path.

    Without a manifest, phantoms are made in `out/cohort`. Every cell that is done is kept in `out/cells`. `jobs` cells
    are trained at once, each on its share of the cores; None is one per core, up to eight, and one on a GPU.
    A cell that fails does not stop the others; MedmtlError names those that did, at the end.
    """
    names = (*grid.baselines, *grid.variants)
    for name in names:
        _check_common(grid, name)
    many = -1 if jobs is None else jobs
    cohort = make_phantoms(out / "cohort", PhantomSettings(n_cases=grid.cases), many) if manifest is None else manifest
    _check_all(grid, names, read_manifest(cohort, grid.experiment(names[0], 0).endpoint))
    run = _prepared(grid.experiment(names[-1], 0), cohort, out / "prepared_run")
    prepare_run(run)
    cells: dict[str, list[Cell]] = {name: [] for name in names}
    try:
        for cell in _computed(list(_work(grid, run, out)), run, jobs):
            cells[cell.name].append(cell)
    except TerminatedWorkerError as error:
        raise MedmtlError(KILLED.format("--jobs 1")) from error
    return _write(make_table(cells, _endpoints(run)), grid, out)


def _prepared(experiment: Experiment, manifest: Path, root: Path) -> Run:
    """Return the run whose prepared cases all share; a grid that was changed since keeps those that it has."""
    stored = RunFolder(root).experiment
    before = read_experiment(stored) if stored.is_file() else experiment
    same = all(getattr(before, key) == getattr(experiment, key) for key in (*_SAME, "seed"))
    return begin_run(before if same else experiment, manifest, root)


def _check_all(grid: Grid, names: Sequence[str], cohort: Cohort) -> None:
    """Raise MedmtlError where one of the experiments cannot be carried out on the cohort."""
    for name in names:
        try:
            experiment = grid.experiment(name, 0)
            check_folds(experiment, cohort, divide(experiment, cohort), check_learnable(experiment, cohort))
        except MedmtlError as error:
            raise MedmtlError(f"{grid.name}, {name}: {error}") from error


def _computed(work: list[_Work], run: Run, jobs: int | None) -> list[Cell]:
    """Return the cells of all work; raise MedmtlError where one failed, once all have been tried."""
    material = Material(run.cohort, prepared_files(run.folder))
    at_once = workers(_at_once(work[0].experiment) if jobs is None else jobs, len(work))
    cells, faults = [], []
    with progress("compare", len(work)) as advance:
        for one, cell in as_they_come((delayed(_try)(one, material, alone=at_once == 1) for one in work), at_once):
            if isinstance(cell, str):
                faults.append(f"{one.name}, seed {one.experiment.seed}, fold {one.fold.index}: {cell}")
            else:
                cells.append(cell)
            advance(f"{one.name}, seed {one.experiment.seed}")
    if faults:
        told = "\n  ".join(faults)
        raise MedmtlError(f"{len(faults)} of {len(work)} trainings failed; the others are kept:\n  {told}")
    return cells


def _at_once(experiment: Experiment) -> int:
    return 1 if choose_device(experiment.training).type == "cuda" else min(_AT_ONCE, cpu_count())


def _try(one: _Work, material: Material, alone: bool) -> tuple[_Work, Cell | str]:
    """Return the cell, or why it failed; of several at once, the lines of the epochs would say little."""
    if not alone:
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    try:
        return one, compute_cell(one.name, one.experiment, material, one.fold, one.folder)
    except MedmtlError as error:
        return one, str(error)
    except Exception:  # whatever a member of the user's own raises: its place must be seen, and the others go on
        return one, traceback.format_exc()


def _work(grid: Grid, run: Run, out: Path) -> Iterator[_Work]:
    for seed in range(grid.seeds):
        for name in (*grid.baselines, *grid.variants):
            experiment = grid.experiment(name, seed)
            folds = divide(experiment, run.cohort)
            for fold in folds if grid.every_fold else folds[:1]:
                made_of = experiment.model_dump_json(include=_DECIDE) + run.manifest_hash
                tag = hashlib.sha256(made_of.encode()).hexdigest()[:8]
                yield _Work(name, experiment, fold, out / "cells" / f"{name}_{seed}_{fold.index}_{tag}")


def _check_common(grid: Grid, name: str) -> None:
    first, other = grid.experiment(next(iter(grid.baselines)), 0), grid.experiment(name, 0)
    differ = [key for key in _SAME if getattr(first, key) != getattr(other, key)]
    if differ:
        told = f"every variant must have the same {', '.join(_SAME)}"
        raise MedmtlError(f"{grid.name}: {told}. {name} differs in {', '.join(differ)}.")


def _endpoints(run: Run) -> dict[str, Endpoint]:
    endpoint = run.experiment.endpoint
    return {case.case_id: seen for case in run.cohort.cases if (seen := case.observed(endpoint))}


def _write(table: pd.DataFrame, grid: Grid, out: Path) -> Path:
    with whole_file(out / "table.csv") as partial:
        table.to_csv(partial, index=False)
    with whole_file(out / "table.md") as partial:
        partial.write_text(markdown_table(grid.name, table), "utf-8")
    with whole_file(out / "delta_m.svg") as partial:
        partial.write_text(draw_forest(table), "utf-8")
    _LOG.info("%s", out / "table.md")
    return out / "table.md"
