from collections.abc import Sequence
from pathlib import Path

import pytest

from medmtl.cohort.manifest import read_manifest, write_manifest
from medmtl.errors import MedmtlError
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Scale

HEADER = "case_id,centre,ct,pet,mask,os_days,os_event,age,grade"
GOOD = "007,01,ct.nii.gz,pet.nii.gz,mask.nii.gz,120,1,61,High"
SCHEMA = "clinical:\n  age: {scale: numeric}\n  grade: {scale: ordinal, levels: [Low, High]}\n"
LEAST = "case_id,centre,ct,pet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ct", "pet", "mask"):
        (tmp_path / f"{name}.nii.gz").touch()
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    return tmp_path


def _write(folder: Path, rows: Sequence[str], header: str = HEADER) -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def _faults(folder: Path, rows: Sequence[str], header: str = HEADER) -> list[str]:
    with pytest.raises(MedmtlError) as caught:
        read_manifest(_write(folder, rows, header))
    return str(caught.value).splitlines()[1:]


def test_ids_and_centres_are_words_and_not_numbers(folder: Path) -> None:
    case = read_manifest(_write(folder, [GOOD])).cases[0]
    assert (case.case_id, case.centre) == ("007", "01")
    assert case.ct == folder / "ct.nii.gz"
    assert case.endpoints == {"os": Endpoint(120.0, event=True)}
    assert case.clinical == {"age": 61.0, "grade": "High"}


def test_an_empty_cell_is_a_missing_value(folder: Path) -> None:
    case = read_manifest(_write(folder, ["a,c, ct.nii.gz ,pet.nii.gz,,,,,"])).cases[0]
    assert case.mask is None
    assert case.endpoints == {}
    assert case.clinical == {"age": None, "grade": None}


@pytest.mark.parametrize("case_id", ["NA", "null", "nan"])
def test_a_case_is_not_named_by_a_word_that_tables_read_as_missing(case_id: str, folder: Path) -> None:
    assert "no word for a missing value" in _faults(folder, [f"{case_id},x,ct.nii.gz,pet.nii.gz,,,,,"])[0]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        (HEADER + ",age", GOOD + ",62", "a column must occur once. Found age more than once"),
        (HEADER + ", os_days ", GOOD + ",62", "a column must occur once. Found os_days more than once"),
        (HEADER, GOOD + ",", "a line must not have more cells than the header, 9"),
        (
            HEADER.replace(",", ";"),
            GOOD.replace(",", ";"),
            "semicolons in the header.* Save the table as CSV",
        ),
        (HEADER.replace(",", ";"), GOOD.replace(",", ";") + ",5", "Found semicolons in the header"),
    ],
)
def test_a_table_that_would_be_read_awry_is_refused(header: str, row: str, told: str, folder: Path) -> None:
    with pytest.raises(MedmtlError, match=told):
        read_manifest(_write(folder, [row], header))


def test_paths_hold_where_a_folder_is_a_link_to_another_depth(tmp_path: Path) -> None:
    (tmp_path / "far" / "away" / "study").mkdir(parents=True)
    study = tmp_path / "study"
    study.symlink_to(tmp_path / "far" / "away" / "study")
    (tmp_path / "images").mkdir()
    paths = {name: tmp_path / "images" / f"{name}.nii.gz" for name in ("ct", "pet")}
    for path in paths.values():
        path.touch()

    manifest = write_manifest(Cohort((Case("a", "x", **paths),)), study)

    assert read_manifest(manifest).cases[0].ct == paths["ct"]
    assert read_manifest(study.resolve() / "manifest.csv").cases[0].ct == paths["ct"]


def test_what_is_written_is_read_again(folder: Path) -> None:
    columns = (ClinicalColumn("age", Scale.NUMERIC), ClinicalColumn("sex", Scale.NOMINAL))
    images = {"ct": folder / "ct.nii.gz", "pet": folder / "pet.nii.gz"}
    known = Case(
        "1e5", "x", **images, endpoints={"os": Endpoint(0.5, event=False)}, clinical={"age": 61.25, "sex": "F"}
    )
    unknown = Case("b", "y", **images, mask=folder / "mask.nii.gz", clinical={"age": None, "sex": None})
    cohort = Cohort((known, unknown), columns)
    assert read_manifest(write_manifest(cohort, folder / "elsewhere")) == cohort
    assert "../ct.nii.gz" in (folder / "elsewhere" / "manifest.csv").read_text()


def test_the_caller_may_say_which_columns_are_clinical(folder: Path) -> None:
    cohort = read_manifest(_write(folder, [GOOD]), columns=[ClinicalColumn("age", Scale.NUMERIC)])
    assert cohort.cases[0].clinical == {"age": 61.0}


def test_without_a_schema_no_column_is_clinical(folder: Path) -> None:
    (folder / "schema.yaml").unlink()
    assert read_manifest(_write(folder, [GOOD])).columns == ()


def test_every_fault_is_named_in_one_reading(folder: Path) -> None:
    rows = [GOOD, GOOD.replace("120,1", "-5,2"), "x/y,,ct.nii.gz,no.nii.gz,,80,,old,Middle"]
    faults = _faults(folder, rows)
    for words in (
        "Case 007, column case_id: a case_id must occur once",
        "Case 007, column os_days: a time must be a number of days, 0 or more",
        "Case 007, column os_event: an event must be 1 (observed) or 0 (censored)",
        "Case x/y, column case_id: a case_id must be letters",
        "Case x/y, column centre: the cell must not be empty",
        "Case x/y, column pet: the file must exist",
        "Case x/y, column os_event: a value must stand here where os_days has one",
        "Case x/y, column age: a number must stand here",
        "Case x/y, column grade: a level must be one of: Low, High",
    ):
        assert any(words in fault for fault in faults), words
    assert len(faults) == 10  # the id that occurs twice is named on both of its rows


@pytest.mark.parametrize("days", ["-1", "soon", "inf", "nan"])
def test_a_time_that_is_no_number_of_days_is_refused(days: str, folder: Path) -> None:
    (fault,) = _faults(folder, [GOOD.replace("120", days)])
    assert f"Found '{days}'" in fault


def test_missing_columns_are_named_together_with_other_faults(folder: Path) -> None:
    faults = _faults(folder, ["a,ct.nii.gz,-3"], "case_id,ct,os_days")
    missing = {fault.split(":")[0].removeprefix("  - Column ") for fault in faults if "- Column" in fault}
    assert missing == {"centre", "pet", "os_event", "age", "grade"}
    assert any("Case a, column os_days: a time must be" in fault for fault in faults)


def test_an_endpoint_that_is_asked_for_must_be_there(folder: Path) -> None:
    path = _write(folder, [GOOD])
    with pytest.raises(MedmtlError, match="Column pfs_days"):
        read_manifest(path, endpoint="pfs")
    assert read_manifest(path, endpoint="os").ids == ("007",)


def test_a_line_without_an_id_is_named_by_its_number(folder: Path) -> None:
    assert "Line 2, column case_id" in _faults(folder, [GOOD.replace("007", "")])[0]


@pytest.mark.parametrize("text", ["", "case_id\n", LEAST + "\n", LEAST + "\na,b\nc,d,e,f,g,h\n"])
def test_a_file_that_is_no_table_of_cases_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text(text)
    with pytest.raises(MedmtlError, match=r"manifest\.csv"):
        read_manifest(path)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="does not exist"):
        read_manifest(tmp_path / "manifest.csv")


def test_a_case_with_pet_alone_is_kept_and_written_back(folder: Path) -> None:
    cohort = read_manifest(_write(folder, ["P1,A,,pet.nii.gz"], LEAST), columns=())
    assert cohort.cases[0].ct is None
    assert write_manifest(cohort, folder).read_text() == "case_id,centre,ct,pet,mask\nP1,A,,pet.nii.gz,\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-16", "Found UTF-16"),
        ("utf-16-le", "Found UTF-16"),
        ("utf-16-be", "Found UTF-16"),
        ("cp1252", "Found a byte in line 3 that is not"),
    ],
)
def test_a_table_in_another_encoding_is_refused_with_a_remedy(encoding: str, found: str, folder: Path) -> None:
    text = "\n".join([HEADER, GOOD, GOOD.replace("007,01", "008,Köln")]) + "\n"
    (folder / "manifest.csv").write_bytes(text.encode(encoding))

    with pytest.raises(MedmtlError, match=rf"must be in UTF-8\. {found}.*Save it as CSV UTF-8\."):
        read_manifest(folder / "manifest.csv")


def test_a_mark_of_utf_8_is_no_part_of_the_first_column(folder: Path) -> None:
    (folder / "manifest.csv").write_bytes(f"{HEADER}\n{GOOD}\n".encode("utf-8-sig"))

    assert read_manifest(folder / "manifest.csv").ids == ("007",)


@pytest.mark.parametrize("age", ["1e300", "-1e16"])
def test_a_number_that_no_measurement_has_is_named_with_its_case_and_column(age: str, folder: Path) -> None:
    (fault,) = _faults(folder, [GOOD.replace(",61,", f",{age},")])
    assert "Case 007, column age: a number must be at most 1e+15 in size; correct it" in fault
    assert f"Found '{age}'" in fault
