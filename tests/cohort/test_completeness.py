import pandas as pd

from medmtl.cohort.completeness import completeness_findings, missing_by_centre
from medmtl.records import ClinicalColumn, Scale

COLUMNS = (
    ClinicalColumn("age", Scale.NUMERIC),
    ClinicalColumn("stage", Scale.NOMINAL),
    ClinicalColumn("hpv", Scale.NOMINAL),
)


def _table(**changes: list[str | None]) -> pd.DataFrame:
    usual: dict[str, list[str | None]] = {
        "case_id": list("abcdefg"),
        "centre": ["X", "X", "X", "Y", "Y", "Y", "Y"],
        "mask": ["m"] * 7,
        "os_days": ["5"] * 7,
        "age": ["61", "61", "70", "44", "52", "80", "33"],
        "stage": ["I", "I", "II", "II", "I", "II", "I"],
        "hpv": ["0", "0", "1", "1", "0", "1", None],
    }
    return pd.DataFrame(usual | changes, dtype=object)


def _found(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [(f.code, f.case_id, f.column) for f in completeness_findings(table, COLUMNS, ["os"])]


def test_a_usual_table_is_not_remarked_on() -> None:
    assert _found(_table()) == []


def test_a_column_of_one_value_and_one_without_any_are_told() -> None:
    table = _table(age=["61"] * 7, hpv=[None] * 7)
    assert _found(table) == [("column-empty", "", "hpv"), ("column-constant", "", "age")]


def test_a_column_that_a_whole_centre_lacks_is_told_with_the_centre() -> None:
    table = _table(hpv=[None, None, None, "1", "0", "1", "0"])
    (finding,) = completeness_findings(table, COLUMNS, ["os"])
    assert (finding.code, finding.column) == ("missing-in-centre", "hpv")
    assert "missing in X, but not elsewhere" in finding.message


def test_a_level_seen_once_is_named() -> None:
    (finding,) = completeness_findings(_table(stage=["I", "I", "II", "II", "I", "II", "III"]), COLUMNS, ["os"])
    assert finding.code == "level-once"
    assert "Found once: III" in finding.message


def test_a_centre_of_one_case_is_named() -> None:
    (finding,) = completeness_findings(_table(centre=["X", "X", "X", "Y", "Y", "Y", "y"]), COLUMNS, ["os"])
    assert finding.code == "centre-single"
    assert "Found one in: y" in finding.message


def test_a_row_with_neither_mask_nor_endpoint_is_told() -> None:
    table = _table(mask=["m", None, None, "m", "m", "m", "m"], os_days=["5", None, "5", "5", None, "5", "5"])
    assert _found(table) == [("nothing-known", "b", "")]


def test_what_is_missing_is_counted_by_centre_and_in_all() -> None:
    table = _table(mask=["m", None, None, "m", "m", "m", "m"])
    missing = missing_by_centre(table, COLUMNS, ["os"])
    assert missing.columns.tolist() == ["cases", "mask", "os", "age", "stage", "hpv"]
    assert missing.loc["X"].tolist() == [3, 2, 0, 0, 0, 0]
    assert missing.loc["Y"].tolist() == [4, 0, 0, 0, 0, 1]
    assert missing.loc["all"].tolist() == [7, 2, 0, 0, 0, 1]
