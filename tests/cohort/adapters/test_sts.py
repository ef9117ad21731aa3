from pathlib import Path

import pytest

from medmtl.cohort.adapters.sts import read_clinical
from medmtl.errors import CaseError, MedmtlError
from medmtl.records import Endpoint

HEADER = (
    "Patient ID,Age,Sex,MSKCC type,Grade,Treatment,"
    '"Outcome (recurrence, mets)",Time \u2013 diagnosis to outcome (days),'
    '"Status (NED, AWD, D)",Time \u2013 diagnosis to last follow-up (days)'
)
EVENT = "STS_001,59,Male,Liposarcoma,High,Surgery,Mets \u2013 lungs,266,D,845"
FREE = "STS_002,61,Female,MFH,,Surgery,--,--,NED,501"


def _sheet(folder: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "clinical.csv"
    path.write_bytes("\n".join([header, *lines]).encode(encoding))
    return path


def test_an_outcome_is_an_event_and_its_absence_is_censored_at_last_follow_up(tmp_path: Path) -> None:
    rows = read_clinical(_sheet(tmp_path, EVENT, FREE))
    assert rows["STS_001"].endpoints == {"pfs": Endpoint(266, event=True), "os": Endpoint(845, event=True)}
    assert rows["STS_002"].endpoints == {"pfs": Endpoint(501, event=False), "os": Endpoint(501, event=False)}


def test_only_values_of_baseline_are_clinical(tmp_path: Path) -> None:
    rows = read_clinical(_sheet(tmp_path, EVENT, FREE))
    assert rows["STS_001"].clinical == {"age": 59, "sex": "Male", "grade": "High", "histology": "Liposarcoma"}
    assert rows["STS_002"].clinical["grade"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_any_common_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    assert read_clinical(_sheet(tmp_path, EVENT, encoding=encoding))["STS_001"].endpoints["pfs"].event


@pytest.mark.parametrize(
    ("old", "new"),
    [("\u2013", "-"), ("\u2013", "\u2014"), (" \u2013 ", "-"), ("last follow-up", "last follow\u2011up")],
)
def test_the_kind_of_dash_and_blanks_make_no_difference(old: str, new: str, tmp_path: Path) -> None:
    path = _sheet(tmp_path, EVENT.replace(old, new), " STS_002 " + FREE[7:], header=HEADER.replace(old, new))
    assert read_clinical(path).keys() == {"STS_001", "STS_002"}
    assert read_clinical(path)["STS_002"].endpoints["pfs"] == Endpoint(501, event=False)


@pytest.mark.parametrize("none", ["--", "-", "\u2013", "\u2014"])
def test_any_dash_says_that_nothing_happened(none: str, tmp_path: Path) -> None:
    rows = read_clinical(_sheet(tmp_path, FREE.replace("--", none)))
    assert rows["STS_002"].endpoints["pfs"] == Endpoint(501, event=False)


def test_an_empty_outcome_is_unknown_and_not_censored(tmp_path: Path) -> None:
    assert "pfs" not in read_clinical(_sheet(tmp_path, FREE.replace("--", "")))["STS_002"].endpoints


def test_without_follow_up_nothing_is_censored(tmp_path: Path) -> None:
    assert read_clinical(_sheet(tmp_path, FREE.replace("501", "")))["STS_002"].endpoints == {}


def test_words_are_found_whatever_their_case(tmp_path: Path) -> None:
    row = read_clinical(_sheet(tmp_path, EVENT.replace("High", "high").replace("Male", "MALE")))["STS_001"]
    assert (row.clinical["grade"], row.clinical["sex"]) == ("High", "Male")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("59", "old", "age must be a number"),
        ("High", "Grave", "grade must be one of Low, Intermediate, High"),
        ("266", "-3", "outcome_days must be 0 or more"),
        ("266", "", "outcome_days must be given"),
        (",D,", ",X,", "status must be one of"),
    ],
)
def test_a_value_without_sense_is_an_error_of_its_case(old: str, new: str, reason: str, tmp_path: Path) -> None:
    row = read_clinical(_sheet(tmp_path, EVENT.replace(old, new)))["STS_001"]
    with pytest.raises(CaseError, match=f"STS_001: {reason}"):
        assert (row.clinical, row.endpoints) == ()


@pytest.mark.parametrize(("old", "new"), [("Grade", "Stage"), ("follow-up (days)", "follow-up (months)")])
def test_a_column_that_is_missing_or_in_other_units_is_named(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="must have a column"):
        read_clinical(_sheet(tmp_path, EVENT, header=HEADER.replace(old, new)))


def test_a_patient_with_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="STS_001"):
        read_clinical(_sheet(tmp_path, EVENT, EVENT))


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="does not exist"):
        read_clinical(tmp_path / "clinical.csv")


@pytest.mark.shared_data
def test_the_published_sheet_has_its_known_numbers(shared_data: Path) -> None:
    rows = read_clinical(shared_data / "sts" / "clinical.csv")
    assert len(rows) == 36
    assert sum(row.endpoints["pfs"].event for row in rows.values()) == 17
    assert sum(row.endpoints["os"].event for row in rows.values()) == 10
    assert [name for name, row in rows.items() if row.clinical["grade"] is None] == ["STS_040", "STS_047", "STS_051"]
