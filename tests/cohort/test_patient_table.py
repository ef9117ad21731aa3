from datetime import datetime, time
from pathlib import Path

import pytest

from medmtl.cohort.cells import read_moment
from medmtl.cohort.patient_table import PatientTable, TableWishes, read_patient_table
from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Endpoint, Scale

ROWS = ["P1,812,0,61,f", "P2,93,1,55,m", "P3,,,70,m"]


USUAL = "PatientID,os_days,os_event,age,sex"


def _read(folder: Path, rows: list[str], header: str = USUAL, **wishes: object) -> PatientTable:
    path = folder / "clinical.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return read_patient_table(path, TableWishes(**wishes))  # type: ignore[arg-type]


def test_ids_endpoints_and_clinical_columns_are_found(tmp_path: Path) -> None:
    table = _read(tmp_path, ROWS, predictors=("age",))
    line = table.line_of("P1")
    assert line == 2
    assert table.endpoints_at(line) == {"os": Endpoint(812.0, event=False)}
    assert table.clinical_at(line) == {"age": 61.0, "sex": "f"}
    assert table.endpoints_at(4) == {}
    assert table.columns == (
        ClinicalColumn("age", Scale.NUMERIC),
        ClinicalColumn("sex", Scale.NOMINAL, ("f", "m"), predictor=False),
    )
    assert table.fates == {
        **{"PatientID": "ids", "os_days": "endpoint os", "os_event": "endpoint os"},
        **{"age": "predictor, numeric", "sex": "carried, nominal (f, m)"},
    }


def test_what_cannot_be_carried_is_left_out_with_the_reason(tmp_path: Path) -> None:
    header = "id,born,note,empty,mask,x_days,code"
    rows = [f"P{i},1960-01-0{i},text {i},,m,5,2020010{i}" for i in (1, 2, 3)]
    table = _read(tmp_path, rows, header)
    assert table.columns == ()
    reasons = {name: fate for name, fate in table.fates.items() if name != "id"}
    assert reasons == {
        "born": "left out: it holds dates",
        "note": "left out: free text: 3 different words in 3 cells",
        "empty": "left out: no cell is filled",
        "mask": "left out: its name is one of the manifest's own, or of an endpoint's",
        "x_days": "left out: its name is one of the manifest's own, or of an endpoint's",
        "code": "left out: it holds dates",
    }
    assert _read(tmp_path, rows, header, predictors=("note",)).columns[0].levels == ("text 1", "text 2", "text 3")


@pytest.mark.parametrize(
    ("wish", "endpoint"),
    [
        ("pfs=time,dead", Endpoint(31.0, event=True)),
        ("pfs=start..end,dead", Endpoint(31.0, event=True)),
        ("pfs=start..end,Status (A, D):D", Endpoint(31.0, event=True)),
        ("pfs=time,Status (A, D):a|x", Endpoint(31.0, event=False)),
    ],
)
def test_endpoints_are_named_by_columns_dates_and_words(tmp_path: Path, wish: str, endpoint: Endpoint) -> None:
    header = 'id,time,dead,start,end,"Status (A, D)"'
    table = _read(tmp_path, ["P1,31,yes,2021-03-01,2021-04-01,D", "P2,,,,,A"], header, endpoints=(wish,))
    assert table.endpoints_at(2) == {"pfs": endpoint}


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"endpoints": ("pfs=time",)}, "--endpoint must be NAME=DAYS,EVENT"),
        ({"endpoints": ("pfs=age,nowhere",)}, "has the columns PatientID"),
        ({"endpoints": ("progression free=age,sex",)}, "the name is one word"),
        ({"endpoints": ("os=os_days,sex:dead",)}, "column sex must hold one of dead. Found f, m"),
        ({"id": "MRN"}, "a column MRN must hold the ids"),
        ({"predictors": ("weight",)}, "--predictors weight must be a column"),
        ({"predictors": ("os_days",)}, "that column is endpoint os"),
    ],
)
def test_a_wish_that_the_table_cannot_meet_is_named(tmp_path: Path, wishes: dict[str, object], reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        _read(tmp_path, ROWS, **wishes)


def test_a_table_without_ids_or_with_a_patient_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"case_id or PatientID must hold the ids.*--id"):
        _read(tmp_path, ["1,2"], "a,b")
    with pytest.raises(MedmtlError, match=r"one line. Found more for P1"):
        _read(tmp_path, [*ROWS, ROWS[0]])


def test_half_an_endpoint_is_named_with_its_line(tmp_path: Path) -> None:
    table = _read(tmp_path, ["P1,812,,61,f", "P2,93,1,55,m"])
    with pytest.raises(MedmtlError, match=r"clinical.csv, line 2, column os_event: a value must stand here for os"):
        table.endpoints_at(2)


def test_zeros_that_a_spreadsheet_took_away_are_found_again_where_that_is_clear(tmp_path: Path) -> None:
    table = _read(tmp_path, ["7,812,0,61,f", "a1,93,1,55,m", "A01,93,1,55,m"])
    assert table.line_of("007") == 2
    assert table.line_of("a1") == 3
    assert table.line_of("A001") is None
    assert table.line_of("70") is None


def test_columns_for_suv_and_the_centre_are_no_predictors(tmp_path: Path) -> None:
    table = _read(tmp_path, ["P1,70,350,Lyon,3"], "case,Weight_kg,dose_MBq,Centre,ecog")
    assert table.suv == {"weight_kg": "Weight_kg", "dose_mbq": "dose_MBq"}
    assert table.centre_at(2) == "Lyon"
    assert [column.name for column in table.columns] == ["ecog"]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("10:30", time(10, 30)),
        ("103015", time(10, 30, 15)),
        ("103015.250", time(10, 30, 15)),
        ("2021-04-03 10:30:15", datetime(2021, 4, 3, 10, 30, 15)),
        ("03.04.2021 10:30", datetime(2021, 4, 3, 10, 30)),
    ],
)
def test_times_of_injection_are_read_with_and_without_a_day(cell: str, moment: datetime | time) -> None:
    assert read_moment(cell) == moment


@pytest.mark.parametrize("cell", ["1030", "25:00:00", "2021-04-03", "10.30", "noon", "03/04/2021 10:30"])
def test_a_time_that_is_unclear_is_refused(cell: str) -> None:
    with pytest.raises(MedmtlError):
        read_moment(cell)
