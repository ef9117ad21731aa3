"""What is planted in the held-out cases of a fold is not seen by the models that predict them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from medmtl.errors import CaseError
from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.cross_fit import CrossFit, cross_fit
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.settings import RiskSettings
from medmtl.stages.fit import risk_rows
from medmtl.stages.run import Run, open_run, read_folds


@pytest.fixture(scope="module")
def run(finished) -> Run:
    return open_run(finished.run)


@pytest.fixture(scope="module")
def rows(run: Run) -> RiskRows:
    return risk_rows(run)


def fitted(run: Run, rows: RiskRows) -> CrossFit:
    return cross_fit(rows, read_folds(run.folder), run.experiment.risk)


def same_models(first: CrossFit, second: CrossFit, fold: int) -> list[bool]:
    """Whether each model fitted without the fold is the same in both, to the last digit."""
    pairs = ((first.fitted[name][fold], second.fitted[name][fold]) for name in first.fitted)
    return [
        a.hazard.names == b.hazard.names
        and np.array_equal(a.hazard.coefficients, b.hazard.coefficients)
        and a.cut == b.cut
        for a, b in pairs
    ]


def test_a_feature_that_tells_the_outcome_of_held_out_cases_alone_changes_no_model(run: Run, rows: RiskRows) -> None:
    held_out = rows.fold == 0
    planted = np.where(held_out, -rows.time_days, 0.0)
    image = Block(rows.image.names, np.where(held_out[:, None], planted[:, None], rows.image.values))
    radiomics = Block(rows.radiomics.names, np.where(held_out[:, None], planted[:, None], rows.radiomics.values))
    clinical = (
        replace(case, clinical={**case.clinical, "age": planted[index]}) if held_out[index] else case
        for index, case in enumerate(rows.cases)
    )
    leaking = replace(rows, image=image, radiomics=radiomics, cases=tuple(clinical), deep=planted + rows.deep)
    first, second = fitted(run, rows), fitted(run, leaking)
    assert same_models(first, second, fold=0) == [True] * 5
    assert not all(same_models(first, second, fold=1))


def test_the_outcomes_of_held_out_cases_change_neither_model_nor_risk(run: Run, rows: RiskRows) -> None:
    held_out = rows.fold == 0
    other = replace(rows, time_days=np.where(held_out, 3000 - rows.time_days, rows.time_days),
                    event=np.where(held_out, ~rows.event, rows.event))  # fmt: skip
    first, second = fitted(run, rows), fitted(run, other)
    assert same_models(first, second, fold=0) == [True] * 5
    risks = [each.risks.query("fold == 0").set_index(["model", "case_id"]) for each in (first, second)]
    assert (risks[0]["risk"] == risks[1]["risk"]).all()
    assert (risks[0]["group"] == risks[1]["group"]).all()


def test_the_models_of_a_run_are_those_that_its_files_tell_of(run: Run, rows: RiskRows) -> None:
    stored = pd.read_csv(run.folder.risks).set_index(["model", "case_id"])["risk"]
    found = fitted(run, rows).risks.set_index(["model", "case_id"])["risk"]
    np.testing.assert_allclose(stored.loc[found.index], found, rtol=1e-12)


def _tampered(run: Run, case_id: str, column: str, value: object) -> Run:
    table = pd.read_csv(run.folder.predictions).set_index("case_id")
    table.loc[case_id, column] = value
    table.to_csv(run.folder.predictions)
    return run


def test_a_deep_risk_of_a_network_that_was_trained_on_the_case_is_refused(finished, tmp_path) -> None:
    run = open_run(finished.copy(tmp_path / "study").run)
    table = pd.read_csv(run.folder.predictions).set_index("case_id")
    case_id = str(table.index[table["fold"] == 0][0])
    other = str(table.loc[table["fold"] == 1, "checkpoint"].iloc[0])
    with pytest.raises(CaseError, match=rf"Case {case_id}: mask and deep risk must be of one checkpoint"):
        risk_rows(_tampered(run, case_id, "checkpoint", other))
    features = pd.read_parquet(run.folder.features)
    features.loc[case_id, "checkpoint"] = other
    features.to_parquet(run.folder.features)
    with pytest.raises(CaseError, match=rf"Case {case_id}: .* checkpoint of fold 0, .* Found that of fold 1"):
        risk_rows(run)


def test_a_row_that_names_the_fold_that_trained_on_the_case_is_refused(finished, tmp_path) -> None:
    run = open_run(finished.copy(tmp_path / "study").run)
    features = pd.read_parquet(run.folder.features)
    case_id = str(features.index[features["fold"] == 0][0])
    features.loc[case_id, "fold"] = 1
    features.to_parquet(run.folder.features)
    with pytest.raises(CaseError, match=rf"Case {case_id}: its deep risk must come from the model that never saw it"):
        risk_rows(_tampered(run, case_id, "fold", 1))


def test_a_network_trained_again_since_the_prediction_is_noticed(finished, tmp_path) -> None:
    run = open_run(finished.copy(tmp_path / "study").run)
    run.folder.model(1).write_bytes(run.folder.model(0).read_bytes())
    with pytest.raises(CaseError, match=r"Found a checkpoint that is no longer there"):
        risk_rows(run)


def test_no_scale_moves_with_a_held_out_case(run: Run, rows: RiskRows) -> None:
    """A scaler over all cases would move with an outlier among the held out; the one of the fold does not."""
    wild = np.where((rows.fold == 0)[:, None], rows.image.values * 1e6, rows.image.values)  # noqa: PD011  (no pandas)
    first, second = fitted(run, rows), fitted(run, replace(rows, image=Block(rows.image.names, wild)))
    for name in ("image", "fused"):
        assert first.fitted[name][0].to_dict()["scaler"] == second.fitted[name][0].to_dict()["scaler"]
        assert first.fitted[name][1].to_dict()["scaler"] != second.fitted[name][1].to_dict()["scaler"]


def test_risks_of_two_folds_are_never_compared(run: Run, rows: RiskRows) -> None:
    """Pooled out-of-fold risks of a model that knows nothing order the cases the wrong way round; pairs within a fold
    cannot: each fold's constant is its own."""
    blind = RiskSettings(models=("deep",))
    nothing = replace(rows, deep=np.zeros(len(rows.cases)))
    risks = cross_fit(nothing, read_folds(run.folder), blind).risks.dropna(subset="time_days")
    time_days, event = risks["time_days"].to_numpy(float), risks["event"].to_numpy(float) > 0
    rate = risks.groupby("fold")["event"].transform("mean").to_numpy(float)
    left_out_rate = -rate  # what a model that learns the level of its training folds tells of the held-out one
    assert harrell_c(time_days, event, left_out_rate, risks["fold"].to_numpy(int)).estimate == 0.5
    assert harrell_c(time_days, event, risks["risk"].to_numpy(float), risks["fold"].to_numpy(int)).estimate == 0.5
