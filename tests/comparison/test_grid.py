"""A grid is a base experiment with changes; what is wrong with it is told before anything is trained."""

from pathlib import Path

import pytest
import yaml

from medmtl.comparison.grid import read_grid
from medmtl.errors import MedmtlError
from medmtl.stages.demo import shipped_config

SUM = "medmtl.balancing.weighted_sum.WeightedSum"
SEGMENTATION = {"segmentation": {"class_path": "medmtl.tasks.segmentation.Segmentation"}}
SURVIVAL = {"survival": {"class_path": "medmtl.tasks.pooled_survival.PooledSurvival"}}
BASELINES = {"segmentation": {"network": {"tasks": SEGMENTATION}}, "survival": {"network": {"tasks": SURVIVAL}}}


def written(folder: Path, **content: object) -> Path:
    given = {"baselines": BASELINES, "variants": {"sum": {}}} | content
    (folder / "grid.yaml").write_text(yaml.safe_dump(given))
    return folder / "grid.yaml"


def test_the_shipped_grid_builds_every_experiment_of_it() -> None:
    grid = read_grid(shipped_config("bench/mtl.yaml"))
    assert len(grid.variants) >= 10
    assert grid.experiment("survival", 3).seed == 3


def test_a_change_is_merged_but_tasks_and_members_are_replaced(tmp_path: Path) -> None:
    base = {
        "training": {"epochs": 3, "clip": 1.0},
        "balancer": {"class_path": SUM, "init_args": {"weights": {"survival": 0.3}}},
    }
    variants = {"plain": {"balancer": {"class_path": SUM}, "training": {"epochs": 5}}}
    grid = read_grid(written(tmp_path, base=base, variants=variants))
    found = grid.experiment("plain", 0)
    assert (found.training.epochs, found.training.clip) == (5, 1.0)
    assert found.balancer == {"class_path": SUM}
    assert list(grid.experiment("segmentation", 0).network.tasks) == ["segmentation"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"baselines": {"segmentation": {}}}, "baselines must be segmentation and survival"),
        ({"variants": {"odd": {"training": {"epoch": 3}}}}, r"odd: these options must be mended"),
        ({"seeds": 0}, "seeds: Input should be greater than or equal to 1"),
        ({"cubes": 1}, "cubes"),
        ({"variants": {"../sum": {}}}, r"a variant's name is part of a folder's. Found '../sum'"),
        ({"variants": {".sum": {}}}, r"a variant's name is part of a folder's"),
    ],
)
def test_what_is_wrong_is_named(content: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=told):
        read_grid(written(tmp_path, **content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"none\.yaml: the comparison cannot be read"):
        read_grid(tmp_path / "none.yaml")
