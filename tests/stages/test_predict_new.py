"""`medmtl predict` and `medmtl evaluate` apply a finished run to new cases."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest, write_manifest
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.imaging.image import read_image
from medmtl.records import Cohort
from medmtl.stages.make_phantoms import make_phantoms

COLUMNS = ["case_id", "risk", "deep_log_hazard", "survival_1y", "survival_2y", "volume_ml", "suv_max"]


@pytest.fixture(scope="module")
def newcomers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four phantoms of another seed, the last one's PET broken; they have other ids than the run's."""
    root = tmp_path_factory.mktemp("new")
    settings = PhantomSettings(n_cases=4, seed=77, field_mm=120.0, missing_mask=0, missing_endpoint=0)
    cohort = read_manifest(make_phantoms(root / "made", settings, jobs=1))
    renamed = (replace(case, case_id=f"new-{index}") for index, case in enumerate(cohort.cases))
    manifest = write_manifest(Cohort(tuple(renamed), cohort.columns), root / "cohort")
    cohort.cases[-1].pet.write_bytes(b"broken")
    return manifest


@pytest.fixture(scope="module")
def predicted(finished, newcomers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("predicted") / "out"
    with pytest.raises(SystemExit) as stopped:
        main(["predict", str(finished.run), "--cohort", str(newcomers), "--out", str(out)])
    assert stopped.value.code == 2
    return out


def test_one_bad_case_is_reported_and_the_others_go_on(predicted: Path) -> None:
    cases, failures = pd.read_csv(predicted / "cases.csv"), pd.read_csv(predicted / "failures.csv")
    assert cases["case_id"].tolist() == ["new-0", "new-1", "new-2"]
    row = failures[failures["stage"] == "predict"].iloc[0]
    assert row["case_id"] == "new-3"
    assert "pet.nii.gz: the image cannot be read" in row["reason"]


def test_the_bad_case_is_named_and_the_exit_code_tells(finished, newcomers: Path, tmp_path: Path, fails) -> None:
    told = fails(["predict", finished.run, "--cohort", newcomers, "--out", tmp_path / "out"])
    assert "1 of 4 cases could not be predicted" in told
    assert "Case new-3: " in told


def test_a_row_holds_the_documented_columns_and_sound_values(predicted: Path) -> None:
    table = pd.read_csv(predicted / "cases.csv")
    assert table.columns[:7].tolist() == COLUMNS
    assert np.isfinite(table[["risk", "deep_log_hazard", "deep_spread", "volume_ml"]]).all(axis=None)
    assert table["survival_1y"].between(0, 1).all()
    assert (table["survival_2y"] <= table["survival_1y"]).all()
    assert not table["in_sample"].any()
    by_risk = table.sort_values("risk")
    assert by_risk["survival_1y"].is_monotonic_decreasing


def test_a_mask_lies_on_the_ct_of_its_case(predicted: Path, newcomers: Path) -> None:
    volumes = pd.read_csv(predicted / "cases.csv").set_index("case_id")["volume_ml"]
    for case in read_manifest(newcomers).cases[:3]:
        mask = read_image(predicted / "masks" / f"{case.case_id}.nii.gz")
        assert mask.grid == read_image(case.ct).grid
        found = np.count_nonzero(mask.array) * mask.grid.voxel_volume_ml
        assert found == pytest.approx(volumes[case.case_id], rel=0.2)  # the features measure on a grid of their own
    assert not (predicted / "masks" / "new-3.nii.gz").exists()


def test_it_is_told_how_much_of_the_reference_masks_the_network_saw(predicted: Path) -> None:
    table = pd.read_csv(predicted / "coverage.csv")
    assert table.columns.tolist() == ["case_id", "label", "volume_ml", "inside"]
    assert table["case_id"].tolist() == ["new-0", "new-1", "new-2"]  # the last has no prepared file
    assert (table["inside"] == 1).all()
    assert (table["volume_ml"] > 0).all()


def test_the_same_cases_are_predicted_the_same_again(
    finished, newcomers: Path, predicted: Path, fails, tmp_path
) -> None:
    fails(["predict", finished.run, "--cohort", newcomers, "--out", tmp_path / "again"])
    assert (tmp_path / "again" / "cases.csv").read_text() == (predicted / "cases.csv").read_text()


def test_evaluate_compares_with_masks_and_outcomes(predicted: Path, newcomers: Path) -> None:
    main(["evaluate", str(predicted), "--cohort", str(newcomers)])
    found = json.loads((predicted / "results.json").read_text())
    keys = {"dice_mean", "dice_mean_interval", "harrell_c", "harrell_c_interval", "n", "n_events", "n_masks"}
    assert keys <= set(found)
    assert (found["n"], found["n_masks"]) == (3, 3)
    case = read_manifest(newcomers).cases[0]
    mask, reference = (read_image(p).array > 0 for p in (predicted / "masks" / "new-0.nii.gz", case.mask))
    dice = 2 * (mask & reference).sum() / (mask.sum() + reference.sum())
    assert found["dice_cases"]["new-0"] == pytest.approx(dice)


def test_evaluate_without_outcomes_and_masks_says_that_nothing_is_known(
    predicted: Path, newcomers: Path, tmp_path: Path
) -> None:
    cohort = read_manifest(newcomers)
    bare = Cohort(tuple(replace(case, mask=None, endpoints={}) for case in cohort.cases), cohort.columns)
    main(["evaluate", str(predicted), "--cohort", str(write_manifest(bare, tmp_path / "bare"))])
    found = json.loads((predicted / "results.json").read_text())
    assert (found["dice_mean"], found["harrell_c"], found["n_masks"], found["n_events"]) == (None, None, 0, 0)


def test_a_case_of_the_runs_own_is_marked_as_in_sample(finished, tmp_path: Path) -> None:
    cohort = read_manifest(finished.manifest)
    manifest = write_manifest(cohort.select(cohort.ids[:1]), tmp_path / "known")
    main(["predict", str(finished.run), "--cohort", str(manifest), "--out", str(tmp_path / "out")])
    assert pd.read_csv(tmp_path / "out" / "cases.csv")["in_sample"].tolist() == [True]


def test_a_level_that_training_did_not_hold_is_told(finished, newcomers: Path, tmp_path, caplog) -> None:
    own = finished.copy(tmp_path / "own", "run", "cohort")
    record = json.loads((own.run / "run.json").read_text())
    for column in record["clinical"]:
        column["levels"] = [] if column["scale"] == "nominal" else column["levels"]  # as a schema that lists none
    (own.run / "run.json").write_text(json.dumps(record))
    cohort = read_manifest(newcomers)
    cases = [replace(case, clinical={**case.clinical, "sex": "F"}) for case in cohort.cases[:1]]
    columns = tuple(replace(column, levels=()) if column.name == "sex" else column for column in cohort.columns)
    manifest = write_manifest(Cohort((*cases, *cohort.cases[1:2]), columns), tmp_path / "cohort")
    main(["predict", str(own.run), "--cohort", str(manifest), "--out", str(tmp_path / "out")])

    told = pd.read_csv(tmp_path / "out" / "cases.csv", keep_default_na=False)["unseen_levels"].tolist()
    assert told == ["sex=F", ""]
    (warned,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warned.startswith("Case new-0: no training case had sex=F. A model takes it for the most frequent level;")


def test_a_folder_that_holds_something_else_is_not_written_into(finished, newcomers: Path, tmp_path, fails) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    told = fails(["predict", finished.run, "--cohort", newcomers, "--out", tmp_path])
    assert f"{tmp_path} must be a new or empty folder" in told
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_evaluate_of_a_folder_without_predictions_is_refused(newcomers: Path, tmp_path: Path, fails) -> None:
    assert "run `medmtl predict` first" in fails(["evaluate", tmp_path, "--cohort", newcomers])
