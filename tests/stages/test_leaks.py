"""What is planted in the held-out cases of a fold is not seen by the models that predict them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from medmtl.risk.cross_fit import CrossFit, cross_fit
from medmtl.risk.rows import Block, RiskRows
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
