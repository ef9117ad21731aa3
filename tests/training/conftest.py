"""A cohort small enough to be trained on in a second."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medmtl.data.settings import DataSettings
from medmtl.imaging.prepared import PreparedCase, load_prepared, save_prepared
from medmtl.network_settings import NetworkSettings
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Fold, Grid, Scale
from medmtl.training.fit import Recipe, train_fold
from medmtl.training.settings import TrainingSettings

SHAPE = (16, 16, 16)
RESIDUAL = "medmtl.encoders.residual.ResidualEncoder"
SURVIVAL = {"dense_layers": [1, 1], "growth": 2, "hidden": 4}


def _write(folder: Path, case_id: str, seed: int, known: bool) -> Path:
    rng = np.random.default_rng(seed)
    mask = np.zeros(SHAPE, np.uint8)
    z, y, x = rng.integers(3, 9, 3)
    mask[z : z + 5, y : y + 5, x : x + 5] = 1
    image = np.stack([mask * 2 + rng.normal(0, 0.2, SHAPE), rng.normal(0, 0.3, SHAPE)]).astype(np.float32)
    grid = Grid(SHAPE[::-1], (8.0, 8.0, 8.0), (0.0, 0.0, 0.0))
    save_prepared(PreparedCase(case_id, image, mask if known else None, grid), folder / f"{case_id}.npz")
    return folder / f"{case_id}.npz"


def _case(number: int) -> Case:
    """Case 2 lacks its mask, case 3 its endpoint, case 4 a clinical value."""
    nowhere = Path("nowhere")
    endpoints = {} if number == 3 else {"pfs": Endpoint(100.0 + 37 * number % 90, number % 3 != 1)}
    clinical = {"age": None if number == 4 else 50.0 + number}
    return Case(f"case-{number}", "A", nowhere, nowhere, None if number == 2 else nowhere, endpoints, clinical)


def _recipe(epochs: int) -> Recipe:
    """A small network, validated every epoch."""
    network = NetworkSettings.model_validate(
        {
            "encoder": {"class_path": RESIDUAL, "init_args": {"widths": [8, 16]}},
            "tasks": {
                "segmentation": {"class_path": "medmtl.tasks.segmentation.Segmentation"},
                "survival": {
                    "class_path": "medmtl.tasks.cascaded_survival.CascadedSurvival",
                    "init_args": SURVIVAL,
                },
            },
        }
    )
    return Recipe(
        network=network,
        balancer={"class_path": "medmtl.balancing.weighted_sum.WeightedSum"},
        data=DataSettings(patch=SHAPE, batch_size=2),
        training=TrainingSettings(epochs=epochs, validate_every=1, precision="32-true", accelerator="cpu"),
        classes=2,
        endpoint="pfs",
        seed=0,
    )


@dataclass(frozen=True)
class Material:
    """All that a training is given: six cases to train on, two to validate with, two never to be seen."""

    fold: Fold
    cohort: Cohort
    files: dict[str, Path]
    recipe: Recipe

    def train(self, folder: Path) -> Path:
        return train_fold(self.fold, self.cohort, self.files, self.recipe, folder)

    def tell(self, case_id: str, **changes: Any) -> "Material":
        """Return the same with one case's record changed."""
        cases = (replace(c, **changes) if c.case_id == case_id else c for c in self.cohort.cases)
        return replace(self, cohort=Cohort(tuple(cases), self.cohort.columns))

    def repaint(self, case_id: str, change: Callable[[PreparedCase], PreparedCase]) -> None:
        """Change a prepared file."""
        save_prepared(change(load_prepared(self.files[case_id])), self.files[case_id])


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """Two epochs of training on ten cases."""
    cohort = Cohort(tuple(_case(number) for number in range(10)), (ClinicalColumn("age", Scale.NUMERIC),))
    ids = cohort.ids
    files = {case_id: _write(tmp_path / "prepared", case_id, n, n != 2) for n, case_id in enumerate(ids)}
    return Material(Fold(0, ids[:6], ids[6:8], ids[8:]), cohort, files, _recipe(epochs=2))


def _weights(path: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["network"]
    return found


def _equal(first: Path, second: Path) -> bool:
    one, other = _weights(first), _weights(second)
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture
def same_weights() -> Callable[[Path, Path], bool]:
    """Tell whether two model files hold bit for bit the same weights."""
    return _equal
