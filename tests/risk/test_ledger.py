"""No row that a network may have learned from is fitted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from medmtl.errors import CaseError
from medmtl.records import Cohort
from medmtl.risk.cross_fit import fit_all
from medmtl.risk.ledger import check_ledger
from medmtl.risk.rows import NO_FOLD, build_rows
from medmtl.risk.settings import RiskSettings

CHECKPOINTS = {0: "a" * 64, 1: "b" * 64, 2: "c" * 64, 3: "d" * 64}


@pytest.fixture
def rows(make_rows):
    rows = make_rows()
    return replace(rows, checkpoint=tuple(CHECKPOINTS[fold] for fold in rows.fold.tolist()))


def test_rows_that_their_folds_network_made_pass(rows, folds_of):
    check_ledger(rows, folds_of(rows), CHECKPOINTS)


def test_a_deep_risk_of_another_folds_checkpoint_is_refused_whatever_its_fold_says(rows, folds_of):
    planted = list(rows.checkpoint)
    planted[8] = CHECKPOINTS[1]  # case 8 is held out by fold 0; fold 1 was trained on it
    with pytest.raises(CaseError, match=r"case-008: .* checkpoint of fold 0, aaaaaaaaaaaa\. Found that of fold 1"):
        check_ledger(replace(rows, checkpoint=tuple(planted)), folds_of(rows), CHECKPOINTS)


def test_a_deep_risk_of_a_network_that_was_trained_again_is_refused(rows, folds_of):
    with pytest.raises(CaseError, match=r"case-002: .* Found a checkpoint that is no longer there, cccc"):
        check_ledger(rows, folds_of(rows), CHECKPOINTS | {2: "e" * 64})


def test_a_fold_that_does_not_hold_the_case_out_is_refused(rows, folds_of):
    with pytest.raises(CaseError, match="must come from the model that never saw it"):
        check_ledger(replace(rows, fold=np.roll(rows.fold, 1)), folds_of(rows), CHECKPOINTS)


def test_rows_made_by_all_networks_together_are_predicted_and_never_fitted(rows):
    together = replace(rows, fold=np.full(80, NO_FOLD))
    with pytest.raises(CaseError, match=r"case-000: a row that is fitted must come from the one model"):
        fit_all(together, RiskSettings(models=("image",)))


def _tables(rows):
    index = pd.Index([case.case_id for case in rows.cases], name="case_id")
    head = pd.DataFrame({"fold": rows.fold, "checkpoint": rows.checkpoint}, index)
    measured = pd.DataFrame(rows.image.values, index, list(rows.image.names))
    return head.join(measured).assign(status="ok"), head.assign(deep_log_hazard=rows.deep)


def test_features_of_masks_that_were_predicted_again_since_are_refused(rows):
    features, predictions = _tables(rows)
    features.loc["case-003", "checkpoint"] = "f" * 64
    with pytest.raises(CaseError, match=r"case-003: mask and deep risk must be of one checkpoint\. Found ffff"):
        build_rows(Cohort(rows.cases, rows.columns), "pfs", features, predictions)


def test_the_checkpoint_is_kept_with_the_row_and_is_no_feature(rows):
    built = build_rows(Cohort(rows.cases, rows.columns), "pfs", *_tables(rows))
    assert built.take([5, 2]).checkpoint == (CHECKPOINTS[1], CHECKPOINTS[2])
    assert built.radiomics.names == ()
