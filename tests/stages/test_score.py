"""`medmtl score` and `medmtl explain`, by the command line and by Python."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.cli import main
from medmtl.risk.document import read_document
from medmtl.stages.explain import as_json, explain_case
from medmtl.stages.external import read_external
from medmtl.stages.fit import out_of_fold_survival
from medmtl.stages.run import open_run
from medmtl.stages.score import ScoreRequest, score_external


@pytest.fixture(scope="module")
def table(finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write outcomes, clinical values and features of the run's cases as if they came from elsewhere."""
    manifest = pd.read_csv(finished.manifest).drop(columns=["ct", "pet", "mask"])
    features = pd.read_csv(finished.run / "features.csv").drop(columns=["fold", "checkpoint", "status"])
    predicted = pd.read_csv(finished.run / "predictions" / "cases.csv")[["case_id", "deep_log_hazard"]]
    path = tmp_path_factory.mktemp("external") / "other.csv"
    manifest.merge(features, on="case_id").merge(predicted, on="case_id").to_csv(path, index=False)
    return path


@pytest.fixture
def document(finished) -> Path:
    return finished.run / "risk" / "model.json"


def test_a_document_scores_a_table_without_the_run(document, table, tmp_path) -> None:
    found = score_external(ScoreRequest(document, table, tmp_path / "out", "image"))
    assert json.loads((tmp_path / "out" / "score.json").read_text()) == found
    known = pd.read_csv(table)["pfs_days"].notna()
    assert (found["n"], found["n_endpoint"]) == (18, int(known.sum()))
    assert 0 <= found["harrell_c"]["estimate"] <= 1
    assert found["in_sample"] is None
    assert not (tmp_path / "out" / "recalibrated.json").exists()


def test_a_level_that_the_model_never_saw_is_told(document, table, tmp_path, caplog) -> None:
    other = pd.read_csv(table, dtype=str)
    other.loc[2, "sex"] = "F"
    other.to_csv(tmp_path / "other.csv", index=False)
    found = score_external(ScoreRequest(document, tmp_path / "other.csv", tmp_path / "out", "clinical"))
    case_id = other.loc[2, "case_id"]
    assert found["unseen_levels"] == {case_id: {"sex": "F"}}
    assert f"Case {case_id}: no training case had sex=F." in caplog.text


def test_a_table_gives_the_rows_that_the_run_itself_predicts(finished, document, table) -> None:
    model = read_document(document).model("fused")
    rows = read_external(table, "pfs", model)
    own, _ = out_of_fold_survival(open_run(finished.run), "fused", (365.0,))
    assert model.predict(rows) == pytest.approx(model.predict(own), abs=1e-9)
    assert [case.case_id for case in rows.cases] == [case.case_id for case in own.cases]


def test_a_recalibrated_model_is_another_document(document, table, tmp_path) -> None:
    before = document.read_bytes()
    request = ScoreRequest(document, table, tmp_path, "image", "baseline")
    told = score_external(request)["recalibration"]
    again = read_document(tmp_path / told["document"])
    assert again.note["recalibrated"]["kind"] == "baseline"
    assert again.models.keys() == {"image"}
    assert document.read_bytes() == before


def test_new_images_are_predicted_and_scored_and_in_sample_cases_are_named(finished, tmp_path, capsys) -> None:
    main(
        [
            "score",
            str(finished.run),
            "--cohort",
            str(finished.manifest),
            "--out",
            str(tmp_path / "out"),
            "--model",
            "image",
        ]
    )
    words = capsys.readouterr().out
    assert "18 of the cases trained the run: these figures are in-sample." in words
    assert "Calibration slope" in words
    assert (tmp_path / "out" / "features.parquet").is_file()
    assert len(json.loads((tmp_path / "out" / "score.json").read_text())["in_sample"]) == 18


def test_images_without_networks_are_refused(finished, document, tmp_path, fails) -> None:
    said = fails(["score", document, "--cohort", finished.manifest, "--out", tmp_path / "out"])
    assert "holds no networks to read them. Give the run, or a table of features" in said
    assert not (tmp_path / "out").exists()


def test_a_table_that_lacks_columns_is_refused_by_their_names(document, table, tmp_path, fails) -> None:
    short = tmp_path / "short.csv"
    pd.read_csv(table).drop(columns=["suv_max", "pfs_event"]).to_csv(short, index=False)
    said = fails(["score", document, "--cohort", short, "--out", tmp_path / "out", "--model", "image"])
    assert "short.csv must hold every column that scoring needs. Not there: pfs_event, suv_max" in said


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("suv_max", "high", "suv_max must be a number. Found 'high'"),
        ("volume_ml", "-3", "volume_ml must be 0 or more"),
        ("volume_ml", "inf", "volume_ml must be a finite number"),
        ("pfs_event", "2", "events 0 or 1. Found: an event of '2'"),
        ("pfs_days", "-4", "times must be days, 0 or more"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_case(  # noqa: PLR0917  (fixtures)
    document, table, tmp_path, fails, column, cell, message
) -> None:
    cells = pd.read_csv(table, dtype=str)
    row = int(np.flatnonzero(cells["pfs_days"].notna())[0])
    cells.loc[row, column] = cell
    cells.to_csv(tmp_path / "wrong.csv", index=False)
    said = fails(["score", document, "--cohort", tmp_path / "wrong.csv", "--out", tmp_path / "out", "--model", "image"])
    assert f"Case {cells.loc[row, 'case_id']}: " in said
    assert message in said


def test_a_cohort_without_the_endpoint_is_refused(document, table, tmp_path, fails) -> None:
    pd.read_csv(table).assign(pfs_days=None, pfs_event=None).to_csv(tmp_path / "none.csv", index=False)
    said = fails(["score", document, "--cohort", tmp_path / "none.csv", "--out", tmp_path / "out"])
    assert "scored on cases whose endpoint is known. Found none" in said


def test_a_case_is_explained_by_the_model_that_never_saw_it(finished, capsys) -> None:
    run = open_run(finished.run)
    risks = pd.read_csv(run.folder.risks).query("model == 'image'").set_index("case_id")
    case_id = str(risks.index[4])
    values, words = explain_case(run, case_id, "image")
    assert values["risk"] == pytest.approx(risks.loc[case_id, "risk"], abs=1e-12)
    assert values["without_fold"] == risks.loc[case_id, "fold"]
    assert values["group"] == risks.loc[case_id, "group"]
    assert case_id in words
    main(["explain", str(finished.run), case_id, "--model", "image", "--json"])
    assert json.loads(capsys.readouterr().out) == json.loads(as_json(values))


def test_an_unknown_case_or_model_is_refused_with_those_there_are(finished, fails) -> None:
    assert "the case must be one of the run's. Found nobody" in fails(["explain", finished.run, "nobody"])
    case_id = str(pd.read_csv(finished.manifest)["case_id"][0])
    said = fails(["explain", finished.run, case_id, "--model", "crystal"])
    assert "must hold the model crystal. It holds fused" in said


def test_survival_out_of_fold_is_that_of_each_folds_document(finished) -> None:
    run = open_run(finished.run)
    rows, survival = out_of_fold_survival(run, "image", (100.0, 365.0))
    held_out = rows.fold == 1
    model = read_document(run.folder.fold_risk_model(1)).model("image")
    assert survival[held_out] == pytest.approx(model.survival(rows.take(held_out), (100.0, 365.0)), nan_ok=True)
    assert survival.shape == (18, 2)
