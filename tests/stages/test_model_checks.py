"""What results.json and the page say of the models besides their scores."""

import json

import pandas as pd
import pytest
import yaml

from medmtl.cli import main
from medmtl.stages.provenance import file_hash
from medmtl.stages.run import open_run
from medmtl.stages.stamps import outputs_of

MODELS = {"fused", "deep", "clinical", "volume", "image"}


@pytest.fixture(scope="module")
def results(finished) -> dict:
    return json.loads((finished.run / "results.json").read_text())


def test_every_model_has_its_scores_of_survival(results) -> None:
    assert results["survival"]["models"].keys() == MODELS
    for scores in results["survival"]["models"].values():
        assert scores.keys() == {"uno_c", "calibration_slope", "horizons", "integrated", "d_calibration"}
        assert scores["horizons"].keys() == {"365", "730", "1095"}
        assert scores["uno_c"]["n"] == results["n_endpoint"]
        slope = scores["calibration_slope"]
        assert slope["estimate"] is not None or slope["reason"]


def test_every_model_has_a_test_of_proportional_hazards_or_a_reason(results) -> None:
    assert results["proportional_hazards"].keys() == MODELS
    for found in results["proportional_hazards"].values():
        assert (found["n"], found["n_events"]) == (results["n_endpoint"], results["n_events"])
        assert found["tests"] or found["reason"]
        assert all(0 <= test["p"] <= 1 for test in found["tests"])
    assert [test["name"] for test in results["proportional_hazards"]["volume"]["tests"]] == ["log_volume_ml", "GLOBAL"]


def test_the_optimism_of_the_usual_models_is_told(results) -> None:
    assert results["optimism"].keys() == MODELS
    for found in results["optimism"].values():
        assert found["resamples"] <= 3
        if found["corrected"] is not None:
            assert found["corrected"] == pytest.approx(found["apparent"] - found["optimism"])


def test_groups_tell_their_cases_and_events(results) -> None:
    for groups in results["subgroups"].values():
        assert sum(row["n"] for row in groups.values()) == results["n_endpoint"]
        assert sum(row["n_events"] for row in groups.values()) == results["n_events"]


def test_level_method_and_sample_size_are_on_record_and_on_the_page(finished, results) -> None:
    assert (results["level"], results["interval"]) == (0.95, "jackknife")
    assert results["sample_size"]["events"] == results["n_events"]
    page = (finished.run / "report.html").read_text()
    assert "minimum is" in page
    assert "Do the hazard ratios stay the same over time?" in page
    assert "C-index within centres and groups" in page


def test_a_column_that_repeats_the_outcome_is_named_by_fit_results_and_page(finished, tmp_path) -> None:
    study = finished.copy(tmp_path / "study")
    cohort = pd.read_csv(study.manifest, dtype=str)
    cohort.assign(visits=pd.to_numeric(cohort["pfs_days"]) // 7).to_csv(study.manifest, index=False)
    schema = study.manifest.with_name("schema.yaml")
    known = yaml.safe_load(schema.read_text())
    known["clinical"] = {"visits": {"scale": "numeric"}, **known["clinical"]}
    schema.write_text(yaml.safe_dump(known, sort_keys=False))
    _seal(study)
    for command in ("fit", "evaluate", "report"):
        main([command, str(study.run)])
    told = "it orders the cases as their times do"
    assert json.loads((study.run / "results.json").read_text())["outcome_copies"] == {"visits": told}
    assert "(column visits)" in (study.run / "failures.csv").read_text()
    assert "Leak? Of the column visits" in (study.run / "report.html").read_text()
    assert outputs_of(open_run(study.run).folder, "report")


def _seal(study) -> None:
    """Let the run take the changed cohort for its own."""
    record = study.run / "run.json"
    content = json.loads(record.read_text())
    content["manifest_sha256"] = file_hash(study.manifest, study.manifest.with_name("schema.yaml"))
    record.write_text(json.dumps(content))
