"""A tiny comparison runs end to end, resumes, and says what it found."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import yaml

from medmtl.comparison.cell import Cell, Material, Reading
from medmtl.comparison.grid import Grid, read_grid
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.records import Fold
from medmtl.stages.compare import compare

TASKS = "medmtl.tasks"
SEGMENTATION = {"segmentation": {"class_path": f"{TASKS}.segmentation.Segmentation"}}
SURVIVAL = {"survival": {"class_path": f"{TASKS}.pooled_survival.PooledSurvival"}}
TINY = {
    "seeds": 1,
    "cases": 16,
    "base": {
        "jobs": 1,
        "folds": {"count": 2, "validate_fraction": 0.1},
        "prepare": {"spacing_mm": [16.0, 16.0, 16.0], "labels": {"GTVp": 1}},
        "data": {"patch": [16, 16, 16], "batch_size": 4},
        "network": {
            "encoder": {
                "class_path": "medmtl.encoders.plain.PlainEncoder",
                "init_args": {"widths": [4, 8], "convolutions": 1},
            },
            "tasks": SEGMENTATION | SURVIVAL,
        },
        "training": {"epochs": 1, "accelerator": "cpu", "precision": "32-true"},
    },
    "baselines": {"segmentation": {"network": {"tasks": SEGMENTATION}}, "survival": {"network": {"tasks": SURVIVAL}}},
    "variants": {"sum": {}, "MGDA": {"balancer": {"class_path": "medmtl.balancing.mgda.Mgda"}}},
}


def grid_of(folder: Path, **changes: object) -> Grid:
    (folder / "grid.yaml").write_text(yaml.safe_dump(TINY | changes, sort_keys=False))
    return read_grid(folder / "grid.yaml")


def test_a_comparison_ends_in_a_table_and_goes_on_where_it_was(tmp_path: Path) -> None:
    grid = grid_of(tmp_path)
    told = compare(grid, None, tmp_path / "out", jobs=1).read_text()
    assert "| sum |" in told
    svg = (tmp_path / "out" / "delta_m.svg").read_text()
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(--" not in svg
    table = pd.read_csv(tmp_path / "out" / "table.csv")
    assert list(table["variant"]) == ["segmentation", "survival", "sum", "MGDA"]
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cells").rglob("cell.json")}
    assert len(done) == 4
    next(iter(done)).unlink()
    compare(grid, None, tmp_path / "out", jobs=1)
    again = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cells").rglob("cell.json")}
    assert sum(again[path] == when for path, when in done.items()) == 3
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "out" / "table.csv").drop(columns="seconds"), table.drop(columns="seconds")
    )


def test_variants_must_share_the_prepared_cases(tmp_path: Path) -> None:
    variants = {"coarse": {"prepare": {"spacing_mm": [20.0, 20.0, 20.0]}}}
    with pytest.raises(MedmtlError, match="coarse differs in prepare"):
        compare(grid_of(tmp_path, variants=variants), None, tmp_path / "out")


def test_variants_must_be_tested_on_the_same_cases(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="thirds differs in folds"):
        compare(grid_of(tmp_path, variants={"thirds": {"folds": {"count": 3}}}), None, tmp_path / "out")


def told(name: str, experiment: Experiment, material: Material, fold: Fold, folder: Path) -> Cell:
    """Stand for a training: one of a user's own members is broken."""
    if name == "broken":
        raise RuntimeError("shapes do not fit")
    read = {case: Reading(dice=0.5, log_hazard=float(place)) for place, case in enumerate(fold.test)}
    return Cell(name=name, seed=experiment.seed, tested=read, trained=read, seconds=1.0, parameters=1)


def test_a_member_that_breaks_is_shown_and_a_grid_that_was_changed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medmtl.stages.compare.compute_cell", told)
    steep = {"training": {"learning_rate": 0.1}}
    with pytest.raises(MedmtlError, match=r"(?s)1 of 4 trainings failed.*in told.*RuntimeError: shapes do not fit"):
        compare(grid_of(tmp_path, variants={"sum": {}, "broken": steep}), None, tmp_path / "out", jobs=1)
    assert "| sum |" in compare(grid_of(tmp_path, variants={"sum": {}}), None, tmp_path / "out", jobs=1).read_text()
    grown = {"sum": {}, "steeper": {"training": {"learning_rate": 0.2}}}
    assert "| steeper |" in compare(grid_of(tmp_path, variants=grown), None, tmp_path / "out", jobs=1).read_text()
    rates = {"training": {"task_rates": {"hpv": 2.0}}}
    manifest = tmp_path / "out" / "cohort" / "manifest.csv"
    with pytest.raises(MedmtlError, match=r"comparison, odd: training\.task_rates must name tasks"):
        compare(grid_of(tmp_path, variants={"odd": rates, "sum": {}}), manifest, tmp_path / "other", jobs=1)
    assert not (tmp_path / "other").exists()


def test_every_fold_is_tested_and_two_at_once_find_what_one_finds(tmp_path: Path) -> None:
    variants = {"sum": {}}
    one = compare(grid_of(tmp_path, variants=variants, every_fold=True), None, tmp_path / "one", jobs=1)
    two = compare(grid_of(tmp_path, variants=variants, every_fold=True), None, tmp_path / "two", jobs=2)
    tested = [json.loads(path.read_text())["tested"] for path in (tmp_path / "one" / "cells").glob("sum_*/cell.json")]
    assert len(tested) == 2
    assert len(set(tested[0]) | set(tested[1])) == 16
    tables = [pd.read_csv(path.parent / "table.csv").drop(columns="seconds") for path in (one, two)]
    pd.testing.assert_frame_equal(*tables, rtol=1e-3)


def test_a_training_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    wild = {"training": {"learning_rate": 1.0e30, "clip": 1.0e30}}
    grid = grid_of(tmp_path, variants={"wild": wild, "sum": {}})
    with pytest.raises(MedmtlError, match=r"(?s)1 of 4 trainings failed; the others are kept:\n  wild, seed 0, fold 0"):
        compare(grid, None, tmp_path / "out", jobs=1)
    assert len(list((tmp_path / "out" / "cells").glob("*/cell.json"))) == 3
