"""`medmtl run`, from the manifest to the report, leaves what docs/run_folder.md says."""

import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest
from medmtl.imaging.image import read_image
from medmtl.training.saved import load_model

FILES = [
    "experiment.yaml",
    "run.json",
    "folds.json",
    "prepared/index.csv",
    "predictions/cases.csv",
    "features.parquet",
    "features.csv",
    "risk/model.json",
    "risk/risks.csv",
    "risk/coefficients.csv",
    "results.json",
    "report.html",
    "failures.csv",
    "fold_0/model.ckpt",
    "fold_0/last.ckpt",
    "fold_0/metrics.csv",
    "fold_1/model.ckpt",
    "fold_1/metrics.csv",
]
COLUMNS = {
    "predictions/cases.csv": ["case_id", "fold", "checkpoint", "deep_log_hazard", "volume_ml"],
    "risk/risks.csv": ["case_id", "fold", "model", "risk", "group", "time_days", "event"],
    "risk/coefficients.csv": ["model", "fold", "feature", "coefficient", "hazard_ratio", "low", "high"],
    "failures.csv": ["case_id", "stage", "reason"],
    "prepared/index.csv": ["case_id", "file"],
}
STAGES = ["prepare", "train_0", "train_1", "predict", "extract", "fit", "evaluate", "report"]


@pytest.fixture(scope="module")
def results(finished) -> dict:
    return json.loads((finished.run / "results.json").read_text())


def test_every_documented_file_is_there(finished) -> None:
    assert [name for name in FILES if not (finished.run / name).is_file()] == []
    assert sorted(path.stem for path in (finished.run / "stamps").iterdir()) == sorted(STAGES)
    assert not list(finished.run.rglob(".partial-*"))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_the_documented_columns(name: str, finished) -> None:
    assert pd.read_csv(finished.run / name).columns.tolist() == COLUMNS[name]


def test_features_begin_with_the_documented_columns(finished) -> None:
    table = pd.read_csv(finished.run / "features.csv")
    known = ["case_id", "fold", "checkpoint", "status", "volume_ml", "suv_max", "suv_mean", "tlg"]
    assert table.columns[:8].tolist() == known
    assert all(name.startswith(("pet_original_", "ct_original_", "mask_original_shape_")) for name in table.columns[8:])
    assert set(table["status"]) <= {"ok", "empty", "too_small"}
    assert (table["status"] == "ok").sum() >= 9


def test_every_case_is_predicted_by_the_fold_that_held_it_out(finished) -> None:
    folds = json.loads((finished.run / "folds.json").read_text())
    table = pd.read_csv(finished.run / "predictions" / "cases.csv").set_index("case_id")
    assert table.index.tolist() == list(read_manifest(finished.manifest).ids)
    for case_id, fold in table["fold"].items():
        assert case_id in folds[fold]["test"]
        _, document = load_model(finished.run / f"fold_{fold}" / "model.ckpt")
        assert case_id not in document.trained_on
    assert table["deep_log_hazard"].notna().all()


def test_a_mask_has_exactly_the_grid_of_the_ct(finished) -> None:
    volumes = pd.read_csv(finished.run / "predictions" / "cases.csv").set_index("case_id")["volume_ml"]
    for case in read_manifest(finished.manifest).cases:
        mask = read_image(finished.run / "predictions" / "masks" / f"{case.case_id}.nii.gz")
        assert mask.grid == read_image(case.ct).grid
        assert set(np.unique(mask.array)) <= {0, 1}
        assert np.count_nonzero(mask.array) * mask.grid.voxel_volume_ml == pytest.approx(volumes[case.case_id])


def test_the_risks_are_of_every_case_and_model_with_their_outcomes(finished) -> None:
    table = pd.read_csv(finished.run / "risk" / "risks.csv")
    cases = {case.case_id: case for case in read_manifest(finished.manifest).cases}
    assert set(table["model"]) == {"fused", "deep", "clinical", "volume", "image"}
    for _, rows in table.groupby("model"):
        assert sorted(rows["case_id"]) == sorted(cases)
    assert set(table["group"]) <= {"low", "high"}
    for row in table.itertuples():
        known = cases[row.case_id].endpoints.get("pfs")
        assert (row.time_days, row.event) == (known.time_days, known.event) if known else np.isnan(row.time_days)


def test_the_results_have_the_documented_keys(results: dict) -> None:
    keys = [
        "medmtl",
        "endpoint",
        "n",
        "n_events",
        "median_follow_up_days",
        "dice_mean",
        "dice_mean_interval",
        "dice_aggregated",
        "dice_aggregated_interval",
        "n_masks",
        "harrell_c",
        "harrell_c_interval",
        "dice_cases",
        "concordance",
        "differences",
        "kaplan_meier",
        "ceiling",
    ]
    assert [key for key in keys if key not in results] == []
    assert results["n"] == 18
    assert results["harrell_c"] == results["concordance"]["fused"]["estimate"]
    assert results["n_masks"] == len(results["dice_cases"])
    assert results["dice_mean"] == pytest.approx(np.mean(list(results["dice_cases"].values())))
    assert set(results["differences"]) == {f"fused - {name}" for name in ("clinical", "volume", "image", "deep")}


def test_the_dice_of_a_case_is_that_of_its_files(results: dict, finished) -> None:
    case = next(case for case in read_manifest(finished.manifest).cases if case.mask)
    found = read_image(finished.run / "predictions" / "masks" / f"{case.case_id}.nii.gz").array > 0
    reference = read_image(case.mask).array > 0
    dice = 2 * (found & reference).sum() / (found.sum() + reference.sum())
    assert results["dice_cases"][case.case_id] == pytest.approx(dice)


def test_again_it_does_nothing_but_say_so(finished, caplog: pytest.LogCaptureFixture) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in finished.run.rglob("*") if path.is_file()}

    before = times()
    with caplog.at_level(logging.INFO, "medmtl"):
        main(finished.command("--jobs=2"))
    assert times() == before
    assert [one for one in caplog.messages if one.endswith(": done before")] == [f"{s}: done before" for s in STAGES]


def test_info_tells_how_far_a_run_is(finished, results: dict, capsys: pytest.CaptureFixture[str]) -> None:
    main(["info", str(finished.run), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert list(told["done"]) == STAGES
    assert told["cases"] == 18
    assert told["results"]["dice_mean"] == results["dice_mean"]
