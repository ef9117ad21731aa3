import json
from dataclasses import replace
from pathlib import Path

import pytest

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.records import Cohort
from medmtl.stages.evaluate_new import evaluate_new
from medmtl.stages.folder import RunFolder
from medmtl.stages.new_folder import NewFolder, claim, read_run_record
from medmtl.stages.run import Run

TABLE = "case_id,centre,ct,pet,pfs_days,pfs_event\na,A,x,x,9,1\nb,A,x,x,12,0\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    folder = RunFolder(tmp_path / "run")
    folder.risk_model.parent.mkdir(parents=True)
    folder.risk_model.write_text("one", "utf-8")
    return Run(folder, Experiment(), Cohort(()), tmp_path / "manifest.csv", "cohort")


def test_a_folder_is_claimed_again_by_the_same_run_whose_old_scores_are_taken_away(run: Run, tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "new")
    claim(folder, run)
    folder.results.write_text("{}", "utf-8")

    claim(folder, run)

    assert read_run_record(folder)["endpoint"] == "pfs"
    assert not folder.results.exists()


def test_another_experiment_on_the_same_cohort_is_refused(run: Run, tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "new")
    claim(folder, run)
    other = RunFolder(tmp_path / "other")
    other.risk_model.parent.mkdir(parents=True)
    other.risk_model.write_text("another", "utf-8")

    with pytest.raises(MedmtlError, match=r"must hold predictions of .*other\. Choose another --out"):
        claim(folder, replace(run, folder=other, experiment=Experiment(endpoint="os")))


def test_a_claim_that_was_killed_while_it_was_written_is_made_again(run: Run, tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "new")
    claim(folder, run)
    folder.record.rename(folder.root / ".partial-prediction.json")

    claim(folder, run)

    assert json.loads(folder.record.read_text("utf-8"))["experiment_of"] == "cohort"


def test_predictions_without_a_fused_risk_have_no_c_index_and_stop_nothing(run: Run, tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "new")
    claim(folder, run)
    folder.cases.write_text("case_id,risk\na,\nb,\n", "utf-8")
    (tmp_path / "x").touch()
    (tmp_path / "manifest.csv").write_text(TABLE, "utf-8")

    found = evaluate_new(folder.root, tmp_path / "manifest.csv")

    assert (found["n_endpoint"], found["n_events"], found["harrell_c"], found["n_pairs"]) == (2, 1, None, 0)
