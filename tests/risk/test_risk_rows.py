"""Cohort, features and predictions joined, and the refusal of in-sample risks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from medmtl.errors import CaseError
from medmtl.records import Cohort
from medmtl.risk.rows import NO_FOLD, build_rows, check_out_of_fold


@pytest.fixture
def tables(make_rows):
    rows = make_rows(n=8)
    cohort = Cohort(rows.cases, rows.columns)
    index = pd.Index(cohort.ids, name="case_id")
    features = pd.DataFrame({"fold": rows.fold, "status": "ok", "volume_ml": np.arange(8.0)}, index=index)
    features = features.assign(suv_max=1.0, suv_mean=2.0, tlg=3.0, pet_original_glcm_Contrast=4.0)
    predictions = pd.DataFrame({"fold": rows.fold, "deep_log_hazard": rows.deep}, index=index)
    return cohort, features, predictions


def test_rows_keep_the_order_of_the_cohort(tables):
    cohort, features, predictions = tables
    rows = build_rows(cohort, "pfs", features.iloc[::-1], predictions)
    assert [case.case_id for case in rows.cases] == list(cohort.ids)
    assert rows.image.values.ravel().tolist()[::4] == list(range(8))  # noqa: PD011  (no pandas)
    assert rows.radiomics.names == ("pet_original_glcm_Contrast",)


def test_a_case_without_the_endpoint_is_not_known(tables):
    rows = build_rows(tables[0], "os", *tables[1:])
    assert not rows.known.any()
    assert not rows.event.any()


def test_a_case_that_a_table_lacks_has_no_row(tables):
    cohort, features, predictions = tables
    rows = build_rows(cohort, "pfs", features.drop("case-003"), predictions.drop("case-005"))
    assert len(rows.cases) == 6


def test_a_new_case_is_of_no_fold(tables):
    cohort, features, predictions = tables
    rows = build_rows(cohort, "pfs", features.assign(fold=np.nan), predictions.assign(fold=np.nan))
    assert set(rows.fold) == {NO_FOLD}


def test_mask_and_deep_risk_of_two_folds_are_refused(tables):
    cohort, features, predictions = tables
    features.loc["case-002", "fold"] = 3
    with pytest.raises(CaseError, match=r"case-002: mask and deep risk must be of one fold\. Found folds 3 and 2"):
        build_rows(cohort, "pfs", features, predictions)


def test_a_row_held_out_by_its_model_passes(make_rows, folds_of):
    rows = make_rows()
    check_out_of_fold(rows, folds_of(rows))


def test_an_in_sample_deep_risk_is_refused(make_rows, folds_of):
    rows = make_rows()
    cheating = replace(rows, fold=np.where(np.arange(80) == 5, 0, rows.fold))
    with pytest.raises(CaseError, match=r"case-005: its deep risk must come from the model that never saw it"):
        check_out_of_fold(cheating, folds_of(rows))


def test_a_row_of_no_fold_is_refused_in_fitting(make_rows, folds_of):
    rows = make_rows()
    with pytest.raises(CaseError, match="model of fold -1"):
        check_out_of_fold(replace(rows, fold=np.full(80, NO_FOLD)), folds_of(rows))
