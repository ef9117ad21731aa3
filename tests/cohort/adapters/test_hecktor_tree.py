"""Which edition a tree is of, and what its tables say of each patient."""

from pathlib import Path

import pandas as pd
import pytest

from medmtl.cohort.adapters.hecktor.editions import EDITIONS
from medmtl.cohort.adapters.hecktor.patients import Patient
from medmtl.cohort.adapters.hecktor.tree import Tree, read_tree
from medmtl.errors import CaseError, MedmtlError
from medmtl.records import Endpoint

CLINICAL = "PatientID,Task 1,Task 2,CenterID,Gender,Age,Weight,Tobacco,Surgery\n"
ENDS = "PatientID,Relapse,RFS\n"


def _tree(root: Path, year: int, **tables: str) -> Tree:
    for name in ("CHUM-001__CT.nii.gz", "CHUM-001__PT.nii.gz"):
        (root / "images").mkdir(exist_ok=True)
        (root / "images" / name).touch()
    for name, text in tables.items():
        (root / f"{name}.csv").write_text(text)
    return read_tree(root, EDITIONS[year], None)


def _patient(tree: Tree, key: str = "CHUM001") -> Patient:
    found = tree.patients[key]
    assert isinstance(found, Patient)
    return found


def _fault(tree: Tree, key: str = "CHUM001") -> str:
    found = tree.patients[key]
    assert isinstance(found, CaseError)
    return str(found)


def test_tables_are_joined_over_spellings_and_known_by_their_columns(tmp_path: Path) -> None:
    tree = _tree(
        tmp_path,
        2022,
        anything=CLINICAL + "CHUM_001,1,1,1,M,61,,1,\n",
        another=ENDS + "CHUM-001,0,1354\n",
        notes="Term,Meaning\nGTVp,primary tumour\n",
    )
    patient = _patient(tree)
    assert patient.endpoint == Endpoint(1354.0, event=False)
    assert (patient.clinical["sex"], patient.clinical["age"], patient.clinical["tobacco"]) == ("Male", 61.0, "yes")
    assert (patient.clinical["weight_kg"], patient.clinical["surgery"], patient.clinical["hpv"]) == (None, None, None)


def test_semicolons_decimal_commas_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    header = "\ufeff" + CLINICAL.replace(",", ";")
    patient = _patient(_tree(tmp_path, 2022, info=header + "CHUM-001;1;1;1;F;61,5;70,25;0;1\n"))
    assert (patient.clinical["age"], patient.clinical["weight_kg"]) == (61.5, 70.25)


def test_tables_that_agree_are_one_and_those_that_do_not_are_a_fault(tmp_path: Path) -> None:
    one, two = CLINICAL + "CHUM-001,1,1,1,M,61,,1,\n", "PatientID,Gender,Age\nCHUM-001,1.0,61.0\n"
    assert _patient(_tree(tmp_path, 2022, one=one, two=two)).clinical["age"] == 61.0
    assert "must agree on age. Found 61.0 in one.csv, line 2; 60.0 in two.csv" in _fault(
        _tree(tmp_path, 2022, two=two.replace("61.0", "60"))
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("CHUM-001,2,1354", "an event must be 1"),
        ("CHUM-001,0,-5", "0 to 40000"),
        ("CHUM-001,0,2019-04-03", "the date '2019-04-03'"),
        ("CHUM-001,0,", "rfs must be given where relapse is"),
        ("CHUM-001,,1354", "relapse must be given where rfs is"),
        ("CHUM-001,0,1354\nCHUM_001,0,1354", "one line. Found lines 2, 3"),
        ("CHUM-001,0,long", "plain number"),
    ],
)
def test_an_outcome_that_cannot_be_is_the_fault_of_its_patient_alone(tmp_path: Path, line: str, reason: str) -> None:
    tree = _tree(tmp_path, 2022, ends=ENDS + line + "\nCHUM-002,1,200\n")
    assert reason in _fault(tree)
    assert _patient(tree, "CHUM002").endpoint == Endpoint(200.0, event=True)


def test_a_patient_without_an_outcome_has_none(tmp_path: Path) -> None:
    assert _patient(_tree(tmp_path, 2022, ends=ENDS + "CHUM-001,,\n")).endpoint is None


def test_a_cell_that_is_no_code_names_file_line_and_column(tmp_path: Path) -> None:
    fault = _fault(_tree(tmp_path, 2022, info=CLINICAL + "CHUM-001,1,1,1,M,61,70,9,0\n"))
    assert "info.csv, line 2, column Tobacco" in fault
    assert "Found '9'" in fault


def test_a_box_must_have_six_ends_in_order(tmp_path: Path) -> None:
    boxes = "PatientID,x1,x2,y1,y2,z1,z2\n"
    good, bad = "CHUM-001,-10,134,0,144,-80.5,63.5\n", "CHUM-002,134,-10,0,144,0,144\nCHUM-003,1,2,,4,5,6\n"
    tree = _tree(
        tmp_path, 2022, boxes=boxes + good + bad, info=CLINICAL + "CHUM-001,1,1,1,M,61,,1,\n", e=ENDS + "X-1,0,1"
    )
    assert _patient(tree).box == {"x1": -10.0, "x2": 134.0, "y1": 0.0, "y2": 144.0, "z1": -80.5, "z2": 63.5}
    assert "must go from x1" in _fault(tree, "CHUM002")
    assert "must go from x1" in _fault(tree, "CHUM003")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("Relapse,RFS\n0,1\n", "must have a column PatientID. Found Relapse, RFS"),
        ("PatientID,T-stage,T_stage\nCHUM-001,T1,T1\n", "'T-stage' and 'T_stage', which say the same"),
        ("PatientID,Relapse\nCHUM-001,0,17\n", "more cells than the header, 2. Mend the table, or move it out"),
    ],
)
def test_a_table_that_cannot_be_used_stops_the_import(tmp_path: Path, table: str, reason: str) -> None:
    with pytest.raises(MedmtlError, match=r"table\.csv") as stopped:
        _tree(tmp_path, 2022, table=table)
    assert reason in str(stopped.value)


def test_a_tree_of_another_edition_is_refused_by_what_it_looks_like(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"looks like 2022: .*Surgery.* Give --edition 2022"):
        _tree(tmp_path, 2025, info=CLINICAL + "CHUM-001,1,1,1,M,61,,1,\n", ends=ENDS + "CHUM-001,0,1354\n")


def test_what_fits_two_editions_is_taken_as_the_one_that_is_named(tmp_path: Path) -> None:
    for year in (2022, 2025, 2026):
        assert set(_tree(tmp_path, year).layout.cases) == {"CHUM001"}


def test_a_folder_without_images_says_how_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "scan.nii.gz").touch()
    with pytest.raises(MedmtlError, match=r"ID__CT.* Found 1 files, none so named \(scan.nii.gz\)"):
        read_tree(tmp_path, EDITIONS[2022], None)
    with pytest.raises(MedmtlError, match="must exist"):
        read_tree(tmp_path / "nowhere", EDITIONS[2022], None)


def test_an_suv_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "suv.csv").write_text("pid,weight\nCHUM-001,70\n")
    _tree(tmp_path, 2026)
    with pytest.raises(MedmtlError, match=r"pid and bqml_to_suvbw_factor. Found pid, weight"):
        read_tree(tmp_path / "images", EDITIONS[2026], tmp_path / "other" / "suv.csv")


def _workbook(path: Path, **sheets: list[list[object]]) -> None:
    with pd.ExcelWriter(path) as writer:
        for name, lines in sheets.items():
            pd.DataFrame(lines).to_excel(writer, sheet_name=name, index=False, header=False)


def test_a_workbook_is_known_by_the_columns_of_its_sheets(tmp_path: Path) -> None:
    words: list[list[object]] = [["HECKTOR"], ["Gender", "1 = male", "0 = female"]]
    data: list[list[object]] = [
        ["PatientID", "Age", "Relapse", "RFS"],
        ["CHUM-001", 61, 0, 1354.0],
        ["X-1", None, 1, 3],
    ]
    _workbook(tmp_path / "ehr.xlsx", Read=[["only a title"]], Words=words, EHR=data)
    patient = _patient(_tree(tmp_path, 2025))
    assert (patient.clinical["age"], patient.endpoint) == (61.0, Endpoint(1354.0, event=False))


def test_two_sheets_may_tell_of_one_patient(tmp_path: Path) -> None:
    ages: list[list[object]] = [["PatientID", "Age"], ["CHUM-001", 61]]
    _workbook(tmp_path / "ehr.xlsx", A=ages, B=[["PatientID", "Gender"], ["CHUM_001", "M"]])
    clinical = _patient(_tree(tmp_path, 2025)).clinical
    assert (clinical["age"], clinical["sex"]) == (61.0, "Male")


def test_a_workbook_that_is_broken_stops_the_import(tmp_path: Path) -> None:
    (tmp_path / "ehr.xlsx").write_bytes(b"PK broken")
    with pytest.raises(MedmtlError, match=r"ehr.xlsx: the workbook must be whole XLSX"):
        _tree(tmp_path, 2025)


def test_what_no_table_tells_of_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _tree(tmp_path, 2022)
    assert "no table tells of rfs" in caplog.text
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "CHGJ007_ct.nii.gz").touch()
    read_tree(tmp_path / "old", EDITIONS[2020], None)
    assert "HECKTOR 2020 has no outcome" in caplog.text


def test_a_tree_that_fits_several_editions_names_them(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"looks like 2022 or 2025 or 2026: images ID__CT"):
        _tree(tmp_path, 2021)
