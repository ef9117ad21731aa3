import json
from pathlib import Path

import numpy as np
import pytest

from medmtl.cohort.clinical import ClinicalEncoder, fit_clinical
from medmtl.errors import MedmtlError
from medmtl.records import Case, ClinicalColumn, Scale

AGE = ClinicalColumn("age", Scale.NUMERIC)
GRADE = ClinicalColumn("grade", Scale.ORDINAL, ("Low", "Middle", "High"))
SEX = ClinicalColumn("sex", Scale.NOMINAL)


def _cases(**columns: list[float | str | None]) -> list[Case]:
    rows = zip(*columns.values(), strict=True)
    clinical = [dict(zip(columns, row, strict=True)) for row in rows]
    return [Case(f"case{i}", "a", Path("ct"), Path("pet"), clinical=row) for i, row in enumerate(clinical)]


def test_a_number_is_centred_and_scaled_by_the_training_cases() -> None:
    encoder = fit_clinical(_cases(age=[40.0, 60.0]), [AGE])
    assert encoder.names == ("age",)
    np.testing.assert_allclose(encoder.transform(_cases(age=[40.0, 50.0, 70.0])), [[-1], [0], [2]])


def test_a_missing_number_becomes_the_median_and_is_flagged() -> None:
    encoder = fit_clinical(_cases(age=[10.0, 20.0, 60.0, None]), [AGE])
    features = encoder.transform(_cases(age=[20.0, None]))
    assert encoder.names == ("age", "age_missing")
    assert features[0, 0] == features[1, 0]
    assert features[:, 1].tolist() == [0, 1]


def test_no_flag_is_made_where_training_misses_nothing() -> None:
    encoder = fit_clinical(_cases(age=[10.0, 20.0, 60.0]), [AGE])
    assert encoder.transform(_cases(age=[None])) == encoder.transform(_cases(age=[20.0]))


def test_an_ordinal_level_counts_by_its_rank() -> None:
    encoder = fit_clinical(_cases(grade=["Low", "High"]), [GRADE])
    np.testing.assert_allclose(encoder.transform(_cases(grade=["Low", "Middle", "High"])), [[-1], [0], [1]])


def test_an_ordinal_level_that_is_not_listed_is_an_error_of_its_case() -> None:
    encoder = fit_clinical(_cases(grade=["Low", "High"]), [GRADE])
    with pytest.raises(MedmtlError, match=r"Case case0: grade must be one of Low, Middle, High\. Found 'high'"):
        encoder.transform(_cases(grade=["high"]))


def test_the_most_frequent_level_is_the_reference_and_rare_ones_are_pooled() -> None:
    levels: list[float | str | None] = ["F"] * 9 + ["M"] * 6 + ["X"] * 2 + ["Y"]
    encoder = fit_clinical(_cases(sex=levels), [SEX])
    assert encoder.names == ("sex_M", "sex_other")
    features = encoder.transform(_cases(sex=["F", "M", "X", "Y", "unseen", None]))
    assert features.tolist() == [[0, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, 0]]


def test_a_column_that_says_nothing_yields_nothing() -> None:
    cases = _cases(age=[50.0] * 6, grade=[None] * 6, sex=["F"] * 6)
    encoder = fit_clinical(cases, [AGE, GRADE, SEX])
    assert encoder.names == ()
    assert encoder.transform(cases).shape == (6, 0)


def test_a_constant_column_still_tells_who_misses_it() -> None:
    encoder = fit_clinical(_cases(sex=["F"] * 6 + [None] * 3), [SEX])
    assert encoder.names == ("sex_missing",)


def test_other_cases_never_change_what_was_fitted() -> None:
    train = _cases(age=[40.0, 60.0, None, 55.0, 52.0, 51.0], sex=["F", "F", "F", "F", "F", "M"])
    encoder = fit_clinical(train, [AGE, SEX])
    before = (encoder.to_dict(), encoder.transform(train))
    encoder.transform(_cases(age=[1e6, None], sex=["X", "M"]))
    assert encoder.to_dict() == before[0]
    np.testing.assert_array_equal(encoder.transform(train), before[1])


def test_the_encoder_survives_json() -> None:
    train = _cases(age=[40.0, None, 3.0], grade=["Low", "High", None], sex=["F", "M", None])
    encoder = fit_clinical(train, [AGE, GRADE, SEX])
    assert ClinicalEncoder.from_dict(json.loads(json.dumps(encoder.to_dict()))) == encoder


def test_a_level_that_training_did_not_hold_is_named_and_no_other() -> None:
    levels: list[float | str | None] = ["F"] * 9 + ["M"] * 6 + ["X"]
    encoder = fit_clinical(_cases(sex=levels), [SEX])
    told = [encoder.unseen(case) for case in _cases(sex=["F", "M", "X", None, "female"])]
    assert told == [{}, {}, {}, {}, {"sex": "female"}]


def test_a_column_without_features_knows_no_strangers() -> None:
    encoder = fit_clinical(_cases(sex=["F"] * 6), [SEX])
    assert encoder.unseen(_cases(sex=["M"])[0]) == {}


def test_rules_that_were_kept_without_their_reference_still_hold() -> None:
    train = _cases(sex=["F"] * 6 + ["M"] * 5)
    document = fit_clinical(train, [SEX]).to_dict()
    assert document["codes"][0].pop("reference") == "F"
    old = ClinicalEncoder.from_dict(document)
    assert old.transform(train).tolist() == [[0]] * 6 + [[1]] * 5
    assert old.unseen(_cases(sex=["X"])[0]) == {}


@pytest.mark.parametrize("age", [1e300, -1e16])
def test_a_number_that_no_measurement_has_is_refused(age: float) -> None:
    train = _cases(age=[40.0, 60.0])
    with pytest.raises(MedmtlError, match=r"Case case1: age must be at most 1e\+15 in size\. Found"):
        fit_clinical([train[0], *_cases(age=[50.0, age])[1:]], [AGE])
    with pytest.raises(MedmtlError, match="Case case0: age must be at most"):
        fit_clinical(train, [AGE]).transform(_cases(age=[age]))
