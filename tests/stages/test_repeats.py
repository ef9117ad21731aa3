"""A run measures its cases again in its own networks' further masks, and selects by what keeps still."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest, write_manifest
from medmtl.errors import MedmtlError
from medmtl.experiment import check_experiment
from medmtl.imaging.image import read_image
from medmtl.records import Cohort
from medmtl.risk.radiomics import fit_radiomics
from medmtl.stages.fit import risk_rows
from medmtl.stages.folder import RunFolder
from medmtl.stages.own_repeats import risk_settings
from medmtl.stages.run import open_run, read_folds

RELIABLE = "medmtl.risk.selectors.reliable.Reliable"
FLIPS = {f"flip_{axes}" for axes in ("none", "z", "y", "x", "zy", "zx", "yx", "zyx")}
OWN = {"unchanged", "grown", "shrunk", "translated -0.25", "translated +0.25"}
FEATURE = "mask_original_shape_MeshVolume"


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run with its networks asked anew, in mirrored views and by other thresholds."""
    run = finished.copy(tmp_path_factory.mktemp("repeats") / "study").run
    experiment = yaml.safe_load((run / "experiment.yaml").read_text())
    experiment["inference"]["flips"] = True
    experiment["radiomics"]["feature_classes"] = ["shape"]
    experiment["radiomics"]["stability"] = {
        "masks": ["flips", "thresholds", "ensemble", "border"],
        "images": ["translation"],
        "thresholds": [0.4, 0.5, 0.6],
    }
    experiment["risk"]["selectors"] = [{"class_path": RELIABLE, "init_args": {"min_icc": 0.8}}]
    (run / "experiment.yaml").write_text(yaml.safe_dump(experiment, sort_keys=False))
    for stage in ("predict", "extract", "fit", "evaluate", "report"):
        main([stage, str(run)])
    return run


@pytest.fixture(scope="module")
def repeats(changed: Path) -> pd.DataFrame:
    return pd.read_parquet(changed / "stability" / "repeats.parquet")


def test_every_case_is_measured_in_the_masks_that_were_asked_for(changed: Path, repeats: pd.DataFrame) -> None:
    expected = OWN | FLIPS | {"threshold_0.4", "threshold_0.6"}  # 0.5 is the mask itself
    for _, rows in repeats.groupby("case_id"):
        assert set(rows["perturbation"]) == expected
    features = pd.read_csv(changed / "features.csv").set_index("case_id")
    plain = repeats[repeats["perturbation"] == "unchanged"].set_index("case_id")
    np.testing.assert_allclose(plain["volume_ml"], features["volume_ml"].loc[plain.index])


def test_a_case_is_never_measured_in_a_mask_of_a_network_that_saw_it(changed: Path, repeats: pd.DataFrame) -> None:
    assert not repeats["perturbation"].str.startswith("model_").any()  # the others of the ensemble trained on it
    case_id = repeats["case_id"].iloc[0]
    found = {path.name for path in (changed / "predictions" / "further" / case_id).iterdir()}
    assert found == {f"{name}.nii.gz" for name in FLIPS | {"threshold_0.4", "threshold_0.6"}}


def test_a_lower_threshold_measures_no_less(repeats: pd.DataFrame) -> None:
    volume = repeats.pivot_table(index="case_id", columns="perturbation", values="volume_ml")
    assert (volume["threshold_0.4"] >= volume["unchanged"]).all()
    assert (volume["unchanged"] >= volume["threshold_0.6"]).all()
    assert volume["threshold_0.4"].sum() > volume["threshold_0.6"].sum()
    assert (volume["translated +0.25"] == volume["unchanged"]).all()  # its points alone move


def _icc(table: pd.DataFrame) -> float:
    """ICC(1,1) from the variances between and within cases (Shrout and Fleiss 1979), all rows known."""
    k = table.shape[1]
    between, within = k * table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + (k - 1) * within))


def test_the_table_tells_the_agreement_of_all_those_measurements(changed: Path, repeats: pd.DataFrame) -> None:
    told = pd.read_csv(changed / "stability" / "stability.csv").set_index(["feature", "source"])
    table = repeats.pivot_table(index="case_id", columns="perturbation", values=FEATURE).dropna()
    assert told["icc_1_1"][FEATURE, "all"] == pytest.approx(_icc(table), rel=1e-6)
    assert told["cases"][FEATURE, "all"] == len(table)
    contour = table.drop(columns=["translated -0.25", "translated +0.25"])
    assert told["icc_1_1"][FEATURE, "contour"] == pytest.approx(_icc(contour), rel=1e-6)


def test_the_selection_sees_the_repeats_of_the_training_cases_alone(changed: Path, repeats: pd.DataFrame) -> None:
    run = open_run(changed)
    rows = risk_rows(run)
    fold = read_folds(run.folder)[0]
    train = [place for place, case in enumerate(rows.cases) if case.case_id not in fold.test]
    chosen = fit_radiomics(rows.take(train), risk_settings(run)).chosen
    training = repeats[repeats["case_id"].isin({rows.cases[place].case_id for place in train})]
    known = training[training["case_id"].isin(training[training["status"] == "ok"]["case_id"])]
    for name in chosen:
        table = known.pivot_table(index="case_id", columns="perturbation", values=name).dropna()
        assert _icc(table) >= 0.8, name
    everything = run.experiment.risk.model_copy(update={"selectors": ()})
    assert set(chosen) <= set(fit_radiomics(rows.take(train), everything).chosen)
    strict = [{"class_path": RELIABLE, "init_args": {"min_icc": 1.01}}]
    asked = run.experiment.risk.model_copy(update={"selectors": tuple(strict)})
    none = replace(run, experiment=run.experiment.model_copy(update={"risk": asked}))
    assert fit_radiomics(rows.take(train), risk_settings(none)).chosen == ()


def test_page_and_report_show_the_figure_and_again_nothing_is_done(changed: Path) -> None:
    for page in ("stability/stability.html", "report.html"):
        assert "Which features keep still: mask" in (changed / page).read_text("utf-8")
    before = {path: path.stat().st_mtime_ns for path in changed.rglob("*") if path.is_file()}
    main(["predict", str(changed)])
    main(["extract", str(changed)])
    assert {path: path.stat().st_mtime_ns for path in changed.rglob("*") if path.is_file()} == before


def test_every_table_of_features_carries_who_measured_it(changed: Path) -> None:
    for name in ("features.parquet", "stability/repeats.parquet"):
        told = pd.read_parquet(changed / name).attrs
        assert told["radiomics_provider"]["name"] in {"pyradiomics-cuda", "pyradiomics"}
        assert (told["engine"], told["profile"]) == ("fast", "pyradiomics")
    beside = json.loads((changed / "features.json").read_text())
    assert beside["radiomics_provider"] == told["radiomics_provider"]
    assert beside["settings"]["spacing_mm"] == 4.0


def test_new_cases_are_measured_in_the_masks_of_each_model_too(changed: Path, tmp_path: Path) -> None:
    cohort = open_run(changed).cohort
    renamed = tuple(replace(case, case_id=f"new-{place}") for place, case in enumerate(cohort.cases[:2]))
    manifest = write_manifest(Cohort(renamed, cohort.columns), tmp_path / "cohort")
    main(["predict", str(changed), "--cohort", str(manifest), "--out", str(tmp_path / "out")])
    table = pd.read_parquet(tmp_path / "out" / "stability" / "repeats.parquet")
    assert {"model_0", "model_1"} | FLIPS | OWN <= set(table["perturbation"])
    masks = [read_image(tmp_path / f"out/further/new-0/model_{k}.nii.gz").array for k in (0, 1)]
    assert not np.array_equal(*masks)
    assert pd.read_parquet(tmp_path / "out" / "features.parquet").attrs["engine"] == "fast"
    assert len(read_manifest(manifest).ids) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"radiomics": {"stability": {"masks": ["flips"]}}, "inference": {"flips": False}},
            "set it to true, or leave flips out",
        ),
        ({"risk": {"selectors": [{"class_path": RELIABLE}]}}, "must have repeated measurements"),
        ({"radiomics": {"stability": {"thresholds": [1.0]}}}, "less than 1"),
        ({"radiomics": {"stability": {"masks": ["dropout"]}}}, "ensemble"),
    ],
)
def test_what_cannot_be_measured_again_is_refused_at_once(options: dict, words: str) -> None:
    with pytest.raises(MedmtlError, match=words):
        check_experiment(options, "test")


def test_a_run_that_asks_for_none_has_none(finished) -> None:
    folder = RunFolder(finished.run)
    assert not folder.stability.exists()
    assert not (finished.run / "predictions" / "further").exists()
