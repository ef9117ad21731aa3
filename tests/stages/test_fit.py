"""What `medmtl fit` writes besides, where the experiment asks for it."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from medmtl.cli import main
from medmtl.risk.document import read_document
from medmtl.stages.folder import RunFolder
from medmtl.stages.provenance import file_hash


def _refitted(run: Path, **options: object) -> RunFolder:
    place = run / "experiment.yaml"
    experiment = yaml.safe_load(place.read_text())
    experiment["risk"] |= options
    place.write_text(yaml.safe_dump(experiment))
    main(["fit", str(run)])
    return RunFolder(run)


@pytest.fixture
def run(finished, tmp_path) -> Path:
    return finished.copy(tmp_path / "study").run


def test_every_fold_has_its_models_and_the_hashes_of_what_they_came_from(finished) -> None:
    folder = RunFolder(finished.run)
    for fold in (0, 1):
        document = read_document(folder.fold_risk_model(fold))
        assert document.note == {"without_fold": fold}
        assert document.hashes[f"fold_{fold}"] == file_hash(folder.model(fold))
    assert {"features", "settings"} <= read_document(folder.risk_model).hashes.keys()
    assert (folder.root / "risk" / "inference.csv").is_file()


def test_members_divisions_and_the_null_are_written_where_asked_for_and_gone_where_not(run) -> None:
    member = {"class_path": "medmtl.risk.icare.BaggedIcare", "init_args": {"blocks": ["image"], "estimators": 5}}
    folder = _refitted(run, members={"votes": member}, repeats=2, permutations=3, models=["image"])
    risks = pd.read_csv(folder.risks)
    assert set(risks["model"]) == {"image", "votes"}
    scores = pd.read_csv(run / "risk" / "division_scores.csv")
    assert set(scores["division"]) == {"repeat_0", "repeat_1", "repeats"}
    null = json.loads((run / "risk" / "null.json").read_text())
    assert (null["model"], len(null["draws"])) == ("image", 3)
    assert 0.25 <= null["p"] <= 1
    _refitted(run, members={}, repeats=0, permutations=0)
    assert not list((run / "risk").glob("division*")) + list((run / "risk").glob("null*"))


def test_a_member_of_another_family_is_refused(run, fails) -> None:
    member = {"class_path": "medmtl.risk.selectors.mrmr.Mrmr"}
    place = run / "experiment.yaml"
    experiment = yaml.safe_load(place.read_text())
    experiment["risk"]["members"] = {"odd": member}
    place.write_text(yaml.safe_dump(experiment))
    assert "medmtl.risk.selectors.mrmr.Mrmr must be a RiskModel" in fails(["fit", run])


def test_a_run_before_the_ledger_is_fitted_by_its_folds(run) -> None:
    features = pd.read_parquet(run / "features.parquet").drop(columns="checkpoint")
    features.to_parquet(run / "features.parquet")
    folder = _refitted(run, models=["image"])
    assert len(pd.read_csv(folder.risks)) == 18
