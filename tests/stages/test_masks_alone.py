"""A cohort with masks and no outcome goes from `check` to the report; what is asked of it in vain is named."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import yaml
from stages.conftest import TINY

from medmtl.cli.main import main
from medmtl.cohort.synthetic import PhantomSettings
from medmtl.risk.document import read_document
from medmtl.stages.make_phantoms import make_phantoms
from medmtl.training.saved import load_model

SEGMENTATION = {"segmentation": TINY["network"]["tasks"]["segmentation"]}
ALONE = TINY | {
    "endpoint": None,
    "network": TINY["network"] | {"tasks": SEGMENTATION},
    "training": TINY["training"] | {"epochs": 8, "validate_every": 2},
}
OF_SURVIVAL = ["Discrimination", "Kaplan-Meier", "C-index", "Hazard ratio", "survival", "event", "Group", "Observed"]


class Study:
    """Where cohort, experiment and run lie."""

    def __init__(self, root: Path) -> None:
        self.cohort, self.config, self.run = root / "cohort", root / "alone.yaml", root / "run"

    def command(self, name: str, *more: object) -> list[str]:
        """Return `run`, `prepare` or `check` with the experiment."""
        given = [self.cohort] if name == "check" else ["--cohort", self.cohort, "--out", self.run]
        return [str(one) for one in (name, "--config", self.config, *given, *more)]


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Ten phantoms without outcomes, two of them without a mask."""
    study = Study(tmp_path_factory.mktemp("alone"))
    settings = PhantomSettings(n_cases=10, field_mm=120.0, missing_mask=0, missing_endpoint=0, missing_clinical=0)
    manifest = make_phantoms(study.cohort, settings, jobs=1)
    table = pd.read_csv(manifest, dtype=str).drop(columns=["pfs_days", "pfs_event"])
    table.loc[[3, 6], "mask"] = None
    table.to_csv(manifest, index=False)
    study.config.write_text(yaml.safe_dump(ALONE))
    return study


@pytest.fixture(scope="module")
def done(masks: Study) -> Study:
    """The same after `medmtl run`."""
    main(masks.command("run"))
    return masks


@pytest.fixture(scope="module")
def results(done: Study) -> dict:
    return json.loads((done.run / "results.json").read_text())


def test_check_finds_a_run_possible_and_asks_for_no_outcome(masks: Study, tmp_path: Path, capsys) -> None:
    main(masks.command("check", "--out", tmp_path))
    said = capsys.readouterr().out
    assert "a run can begin" in said
    assert "Endpoint: no endpoint asked for" in said
    assert "Reference masks: 8 of 10" in said
    assert "Median follow-up" not in said
    table = pd.read_csv(tmp_path / "findings.csv")
    assert table.loc[table["code"] == "nothing-known", "case_id"].tolist() == ["phantom-003", "phantom-006"]
    page = (tmp_path / "check.html").read_text()
    assert "endpoint not known" not in page
    assert "no endpoint asked for" in page


def test_check_without_an_experiment_warns_and_names_the_remedy(masks: Study, tmp_path: Path, capsys) -> None:
    main(["check", str(masks.cohort), "--out", str(tmp_path), "--folds.count=2", "--jobs=1"])
    said = capsys.readouterr().out
    assert "a run can begin" in said
    assert "no endpoint" in said
    assert "--endpoint=null" in said


@pytest.mark.parametrize("name", ["run", "check"])
def test_an_endpoint_that_no_column_gives_names_the_remedy(name: str, masks: Study, tmp_path: Path, fails) -> None:
    said = fails(masks.command(name, "--endpoint=pfs", "--out", tmp_path / "out"))
    assert "pfs_days" in said
    assert "--endpoint=null" in said
    assert not (tmp_path / "out" / "experiment.yaml").exists()


def test_a_survival_task_without_an_endpoint_is_refused(masks: Study, tmp_path: Path, fails) -> None:
    for own in ({}, {"endpoint": "os"}):
        task = {"class_path": "medmtl.tasks.pooled_survival.PooledSurvival", "init_args": own}
        network = TINY["network"] | {"tasks": SEGMENTATION | {"survival": task}}
        config = tmp_path / "survival.yaml"
        config.write_text(yaml.safe_dump(ALONE | {"network": network}))
        said = fails(["run", "--config", config, "--cohort", masks.cohort, "--out", tmp_path / "run"])
        assert "endpoint: null" in said
        assert "network.tasks" in said
        assert not (tmp_path / "run").exists()


def test_a_network_without_a_mask_task_is_refused(masks: Study, tmp_path: Path, fails) -> None:
    task = {"class_path": "medmtl.tasks.reconstruction.Reconstruction"}
    config = tmp_path / "no_mask.yaml"
    config.write_text(yaml.safe_dump(ALONE | {"network": TINY["network"] | {"tasks": {"pet": task}}}))
    said = fails(["run", "--config", config, "--cohort", masks.cohort, "--out", tmp_path / "run"])
    assert "must hold a task that gives the mask" in said


def test_null_on_the_command_line_takes_the_endpoint_away(masks: Study, tmp_path: Path, fails) -> None:
    tasks = ["--network.tasks", json.dumps(SEGMENTATION)]
    told = ["--cohort", str(masks.cohort), "--out", str(tmp_path / "run"), "--folds.count=20", "--endpoint=null"]
    assert "Found 8 masks for 20 folds" in fails(["run", *told, *tasks])


def test_every_documented_file_is_there_and_the_risk_files_hold_nothing(done: Study) -> None:
    stages = ["prepare", "train_0", "train_1", "predict", "extract", "fit", "evaluate", "report"]
    assert sorted(path.stem for path in (done.run / "stamps").iterdir()) == sorted(stages)
    cases = pd.read_csv(done.run / "predictions" / "cases.csv")
    assert cases["deep_log_hazard"].isna().all()
    assert cases["volume_ml"].notna().all()
    assert all((done.run / "predictions" / "masks" / f"{name}.nii.gz").is_file() for name in cases["case_id"])
    assert len(pd.read_csv(done.run / "features.csv")) == 10
    risks = pd.read_csv(done.run / "risk" / "risks.csv")
    assert risks.columns.tolist() == ["case_id", "fold", "model", "risk", "group", "time_days", "event"]
    assert risks.empty
    assert pd.read_csv(done.run / "risk" / "coefficients.csv").empty
    for name in ("model", "without_fold_0", "without_fold_1"):
        document = read_document(done.run / "risk" / f"{name}.json")
        assert (document.endpoint, dict(document.models)) == (None, {})


def test_every_part_of_a_fold_holds_a_mask(done: Study) -> None:
    masked = set(pd.read_csv(done.cohort / "manifest.csv").dropna(subset=["mask"])["case_id"])
    folds = json.loads((done.run / "folds.json").read_text())
    assert [len(masked & set(fold["test"])) for fold in folds] == [4, 4]
    assert all(masked & set(fold[part]) for fold in folds for part in ("train", "validate"))


def test_dice_alone_chooses_the_epoch(done: Study) -> None:
    metrics = pd.read_csv(done.run / "fold_0" / "metrics.csv")
    assert not {"validate_cox", "validate_harrell_c"} & set(metrics.columns)
    first = metrics.dropna(subset=["validate_criterion"]).iloc[0]
    assert first["validate_criterion"] == pytest.approx(1 - first["validate_dice"])
    network, document = load_model(done.run / "fold_0" / "model.ckpt")
    assert (document.endpoint, document.offset, network.risk_task) == (None, 0.0, None)


def test_the_results_hold_overlap_alone(results: dict) -> None:
    keys = {"medmtl", "endpoint", "level", "n", "n_masks", "n_empty", "dice_cases", *_dice_keys()}
    assert set(results) == keys
    assert results["endpoint"] is None
    assert (results["n"], results["n_masks"]) == (10, 8)


def test_the_page_says_nothing_of_survival(done: Study) -> None:
    page = (done.run / "report.html").read_text()
    body = page[page.index("<body>") : page.index("The whole experiment")]
    assert [word for word in OF_SURVIVAL if word in body] == []
    assert "Aggregated Dice" in body
    assert "no endpoint asked for" in body
    told = [part.partition("</h2>")[0] for part in page.split("<h2>")[1:]]
    assert told[4:] == [
        "Segmentation",
        "Features",
        "Learning",
        "Cases",
        "Cohort",
        "Provenance",
        "How to read this page",
    ]


def test_a_run_that_is_done_is_left_as_it_is(done: Study) -> None:
    before = {path: path.stat().st_mtime_ns for path in (done.run / "stamps").iterdir()}
    main(done.command("run"))
    assert {path: path.stat().st_mtime_ns for path in (done.run / "stamps").iterdir()} == before


def test_info_tells_of_the_run_without_outcomes(done: Study, capsys) -> None:
    main(["info", str(done.run)])
    told = json.loads(capsys.readouterr().out)
    assert told["endpoint"] is None
    assert set(told["results"]) == {"n", "dice_mean", "dice_mean_interval"}


def test_new_cases_get_masks_and_no_risk(done: Study, tmp_path: Path) -> None:
    out = tmp_path / "new"
    main(["predict", str(done.run), "--cohort", str(done.cohort), "--out", str(out)])
    table = pd.read_csv(out / "cases.csv")
    assert table[["risk", "deep_log_hazard", "survival_1y", "survival_2y"]].isna().all(axis=None)
    assert table["volume_ml"].notna().all()
    main(["evaluate", str(out), "--cohort", str(done.cohort)])
    results = json.loads((out / "results.json").read_text())
    assert set(results) == {"medmtl", "endpoint", "n", "n_masks", "n_empty", "dice_cases", *_dice_keys()}


@pytest.mark.parametrize("command", [("explain", "phantom-000"), ("score",)])
def test_a_risk_that_was_not_asked_for_cannot_be_asked_about(
    command: Sequence[str], done: Study, tmp_path: Path, fails
) -> None:
    more = ["--cohort", done.cohort, "--out", tmp_path / "scores"] if command[0] == "score" else command[1:]
    assert "asked for no endpoint" in fails([command[0], done.run, *more])


def _dice_keys() -> set[str]:
    return {f"dice_{name}{end}" for name in ("mean", "aggregated") for end in ("", "_interval")}
