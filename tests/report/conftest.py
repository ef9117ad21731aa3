"""A tiny run folder whose every number is known, on phantoms of a few thousand voxels."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medmtl.imaging.image import write_image
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Grid, Image, Scale

CT_GRID = Grid((40, 32, 24), (2.0, 2.0, 3.0), (-40.0, -32.0, 100.0))
PET_GRID = Grid((20, 16, 18), (4.0, 4.0, 4.0), (-39.0, -31.0, 100.5))
HOSTILE = "<script>alert('$x')</script>"
IDS = ("A-1", "A-2", "A-3", HOSTILE)

RESULTS: dict[str, Any] = {
    "medmtl": "0.1.0", "endpoint": "pfs", "n": 4, "n_events": 2, "median_follow_up_days": 800.0,
    "dice_mean": 0.7312, "dice_mean_interval": [0.6512, 0.8134], "dice_aggregated": 0.77,
    "dice_aggregated_interval": [0.7, 0.82], "n_masks": 3, "harrell_c": 0.6421, "harrell_c_interval": [0.5531, 0.7312],
    "dice_cases": {"A-1": 0.9, "A-2": 0.75, "A-3": 0.05},
    "concordance": {
        "clinical": {"estimate": 0.5823, "low": 0.47, "high": 0.69, "n": 4, "pairs": 5},
        "fused": {"estimate": 0.6421, "low": 0.5531, "high": 0.7312, "n": 4, "pairs": 5},
    },
    "differences": {"fused - clinical": {"estimate": 0.0598, "low": -0.021, "high": 0.14, "n": 4}},
    "kaplan_meier": {
        "groups": {
            "low": {"time_days": [0.0, 700.0], "survival": [1.0, 1.0], "low": [1.0, 1.0], "high": [1.0, 1.0]},
            "high": {"time_days": [0.0, 100.0], "survival": [1.0, 0.5], "low": [1.0, 0.1], "high": [1.0, 0.9]},
        },
        "at_risk": {"time_days": [0.0, 365.25], "low": [22, 21], "high": [19, 13]}, "logrank_p": 0.0421,
    },
    "ceiling": None,
}  # fmt: skip


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    columns = (ClinicalColumn("age", Scale.NUMERIC), ClinicalColumn("sex", Scale.NOMINAL, ("Female", "Male")))
    return Cohort(tuple(_case(tmp_path / "images", place, case_id) for place, case_id in enumerate(IDS)), columns)


@pytest.fixture
def run(tmp_path: Path, cohort: Cohort) -> Path:
    folder = tmp_path / "phantoms"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(RESULTS), "utf-8")
    (folder / "run.json").write_text(json.dumps({"versions": {"torch": "2.13.0"}, "seed": 20240229}), "utf-8")
    (folder / "experiment.yaml").write_text("name: <phantoms>\n", "utf-8")
    _write_tables(folder)
    for place, case_id in enumerate(IDS[:3]):
        mask = Image(_ball((10 + place, 16, 20)).astype(np.uint8), CT_GRID)
        write_image(mask, folder / "predictions" / "masks" / f"{case_id}.nii.gz")
    return folder


@pytest.fixture
def change(run: Path) -> Callable[..., None]:
    """Rewrites results.json with other values."""

    def rewrite(**values: object) -> None:
        (run / "results.json").write_text(json.dumps(RESULTS | values), "utf-8")

    return rewrite


def _write_tables(folder: Path) -> None:
    coefficients = [["fused", "all", "deep_log_hazard", 0.6, 1.822, 1.05, 3.17], ["fused", "0", "age", 0.1, 1.1, 1, 2]]
    tables = {
        "predictions/cases.csv": _cases([31.5, 12.0, 0.0, 4.25]),
        "features.csv": _cases([31.5, 12.0, 0.0, 4.25]).assign(status=["ok", "ok", "empty", "ok"], suv_max=5.0),
        "risk/risks.csv": _cases([1.0] * 4).assign(
            model="fused", risk=[0.8123, -0.4, 0.1, 0.2], group=["high", "low", "low", "high"]
        ),
        "risk/coefficients.csv": pd.DataFrame(
            coefficients, columns=["model", "fold", "feature", "coefficient", "hazard_ratio", "low", "high"]
        ),
        "failures.csv": pd.DataFrame({"case_id": [HOSTILE], "stage": ["extract"], "reason": ["PET <is> unreadable"]}),
        "fold_0/metrics.csv": pd.DataFrame({"epoch": [0, 0, 1, 1], "validate_dice": [None, 0.2, None, 0.5]}),
    }
    dropped = {"models": {"fused": {"dropped": {"ct_energy": "constant in training"}}}}
    for name, table in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / name, index=False)
    (folder / "risk" / "model.json").write_text(json.dumps(dropped), "utf-8")


def _cases(volume_ml: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"case_id": IDS, "fold": [0, 1, 0, 1], "volume_ml": volume_ml})


def _case(folder: Path, place: int, case_id: str) -> Case:
    """Write a warm ball in a cylinder of water; the hostile case has images that do not exist."""
    paths = {name: folder / f"{place}-{name}.nii.gz" for name in ("ct", "pet", "mask")}
    if case_id != HOSTILE:
        ball = _ball((11, 16, 20))
        write_image(Image(np.where(_body(), 40.0, -1000.0).astype(np.float32), CT_GRID), paths["ct"])
        write_image(Image(_uptake(), PET_GRID), paths["pet"])
        write_image(Image(ball.astype(np.uint8), CT_GRID), paths["mask"])
    known = {} if place == 3 else {"pfs": Endpoint(100.0 * (place + 1), event=place < 2)}
    clinical = {"age": None if place else 61.0, "sex": "Male"}
    return Case(case_id, f"centre {place % 2}", **paths, endpoints=known, clinical=clinical)


def _ball(centre: tuple[int, int, int]) -> np.ndarray:
    z, y, x = np.indices(CT_GRID.size[::-1])
    far = (3 * (z - centre[0])) ** 2 + (2 * (y - centre[1])) ** 2 + (2 * (x - centre[2])) ** 2
    return np.asarray(far <= 12**2)


def _body() -> np.ndarray:
    _, y, x = np.indices(CT_GRID.size[::-1])
    return np.asarray((y - 16) ** 2 + (x - 20) ** 2 < 15**2)


def _uptake() -> np.ndarray:
    z, y, x = np.indices(PET_GRID.size[::-1])
    return np.exp(-((z - 8) ** 2 + (y - 8) ** 2 + (x - 10) ** 2) / 8).astype(np.float32) * 9
