from pathlib import Path

import pytest

from medmtl.cohort.predictors import choose_predictors
from medmtl.cohort.schema import read_schema, write_schema
from medmtl.errors import MedmtlError
from medmtl.records import Case, ClinicalColumn, Cohort, Scale

AGE = ClinicalColumn("age", Scale.NUMERIC)
STAGE = ClinicalColumn("t_stage", Scale.ORDINAL, ("T1", "T2"), predictor=False)
CASE = Case("a", "x", Path("ct"), Path("pet"), clinical={"age": 60.0, "t_stage": "T2"})
COHORT = Cohort((CASE,), (AGE, STAGE))


def test_without_names_what_is_carried_along_is_not_predicted_from() -> None:
    chosen = choose_predictors(COHORT, None)
    assert chosen.columns == (AGE,)
    assert chosen.cases[0].clinical["t_stage"] == "T2"


def test_a_named_column_is_predicted_from_and_an_unnamed_one_is_not() -> None:
    assert choose_predictors(COHORT, ("t_stage",)).columns == (STAGE,)
    assert choose_predictors(COHORT, ()).columns == ()


@pytest.mark.parametrize("names", [("grade",), ("age", "age")])
def test_a_name_that_is_no_column_or_comes_twice_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(MedmtlError, match=r"age, t_stage"):
        choose_predictors(COHORT, names)


def test_the_schema_remembers_what_is_carried_and_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    write_schema((AGE, STAGE), tmp_path / "schema.yaml")
    assert read_schema(tmp_path / "schema.yaml") == (AGE, STAGE)
    assert (tmp_path / "schema.yaml").read_text().count("predictor") == 1
