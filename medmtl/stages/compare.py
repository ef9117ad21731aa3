"""Carries out a comparison: every way of learning, every seed, and the table of what came of it."""

import hashlib
import logging
from pathlib import Path

import pandas as pd

from medmtl.cohort.folds import make_folds
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.comparison.cell import Cell, Material, compute_cell
from medmtl.comparison.grid import Grid
from medmtl.comparison.table import make_table
from medmtl.errors import MedmtlError
from medmtl.records import Endpoint
from medmtl.report.forest import draw_forest
from medmtl.report.markdown import markdown_table
from medmtl.stages.begin import begin_run, check_learnable
from medmtl.stages.make_phantoms import make_phantoms
from medmtl.stages.prepare import prepare_run, prepared_files
from medmtl.stages.progress import progress
from medmtl.stages.run import Run
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_SAME = ("endpoint", "predictors", "prepare")  # what every cell must have in common: they share the prepared cases


def compare(grid: Grid, manifest: Path | None, out: Path, jobs: int = -1) -> Path:
    """Do what is left to do of the grid in `out`; return the table's path.

    Without a manifest, phantoms are made in `out/cohort`. Every cell that is done is kept: `out/cells`.
    """
    names = (*grid.baselines, *grid.variants)
    for name in names:
        _check_common(grid, name)
    cohort = make_phantoms(out / "cohort", PhantomSettings(n_cases=grid.cases), jobs) if manifest is None else manifest
    run = begin_run(grid.experiment(names[-1], 0), cohort, out / "prepared_run")
    for name in names:
        check_learnable(grid.experiment(name, 0), run.cohort)
    prepare_run(run)
    cells: dict[str, list[Cell]] = {name: [] for name in names}
    with progress("compare", len(names) * grid.seeds) as advance:
        for seed in range(grid.seeds):
            for name in names:
                cells[name].append(_cell(grid, name, seed, run, out))
                advance(f"{name}, seed {seed}")
    return _write(make_table(cells, _endpoints(run)), grid, out)


def _cell(grid: Grid, name: str, seed: int, run: Run, out: Path) -> Cell:
    experiment = grid.experiment(name, seed)
    folds = experiment.folds
    fold = make_folds(run.cohort, experiment.endpoint, folds.count, folds.validate_fraction, seed)[0]
    made_of = hashlib.sha256((experiment.model_dump_json() + run.manifest_hash).encode()).hexdigest()[:8]
    folder = out / "cells" / f"{name}_{seed}_{made_of}"
    return compute_cell(name, experiment, Material(run.cohort, prepared_files(run.folder)), fold, folder)


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
