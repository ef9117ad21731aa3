from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from medmtl.cohort.tables import Table, read_table
from medmtl.errors import MedmtlError


def _read(folder: Path, content: bytes | str) -> Table:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("Name,Größe\nMüller,1.5\n".encode(), "UTF-8"),
        ("\ufeffName;Größe\r\nMüller;1,5\r\n".encode(), "separated by semicolon"),
        ("Name;Größe\nMüller;1,5\n".encode("cp1252"), "CP1252"),
        ("Name\tGröße\nMüller\t1,5\n".encode("utf-16"), "separated by tab"),
        (b'Name,Gr\xc3\xb6\xc3\x9fe\n\n"M\xc3\xbcller","1,5"\n,\n', "decimal comma"),
    ],
)
def test_what_clinics_send_gives_the_same_cells(tmp_path: Path, content: bytes, note: str) -> None:
    table = _read(tmp_path, content)
    assert list(table.cells.columns) == ["Name", "Größe"]
    (line,) = table.cells.index
    assert (table.text(line, "Name"), table.number(line, "Größe")) == ("Müller", 1.5)
    assert note in table.notes


def test_missing_values_are_none_however_they_are_spelt_and_levels_are_kept(tmp_path: Path) -> None:
    table = _read(tmp_path, "a,b,c,d,e\n NA ,n/a,--,None, x  y \n")
    assert [table.text(2, name) for name in "abcde"] == [None, None, None, "None", "x y"]


def test_a_column_is_found_whatever_its_case_blanks_and_hyphens(tmp_path: Path) -> None:
    table = _read(tmp_path, "Patient ID,RFS-Days\n1,2\n")
    assert table.find("case_id", "patient_id") == "Patient ID"
    assert table.find("rfs_days") == "RFS-Days"
    assert table.find("os_days") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b\n", "at least one line"),
        ("", "empty file"),
        ("a\n1\n", "separated by comma, semicolon or tab"),
        ("a,a\n1,2\n", "must occur once"),
        ("a,b\n1,2\n3,4,5\n", "line 3: a line must not have more cells"),
        (b"PK\x03\x04\0\0,\0", "must be text or XLSX"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, content: bytes | str, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        _read(tmp_path, content)


@pytest.mark.parametrize("cell", ["12 kg", "1.234.567", "350,000", "abc"])
def test_what_is_no_plain_number_is_refused_and_not_guessed(tmp_path: Path, cell: str) -> None:
    table = _read(tmp_path, f'id,weight\n1,"{cell}"\n')
    with pytest.raises(MedmtlError, match=r"table.csv, line 2, column weight: a plain number"):
        table.number(2, "weight")


def test_commas_beside_points_are_not_read_as_decimals(tmp_path: Path) -> None:
    table = _read(tmp_path, "a;b\n1,5;1.5\n")
    assert table.number(2, "b") == 1.5
    with pytest.raises(MedmtlError, match="plain number"):
        table.number(2, "a")


@pytest.mark.parametrize(
    ("cell", "event"), [("1", True), ("Yes", True), ("1:DECEASED", True), ("0.0", False), ("alive", False), ("", None)]
)
def test_events_are_read_in_their_spellings(tmp_path: Path, cell: str, event: bool | None) -> None:
    assert _read(tmp_path, f"id,e\n1,{cell}\n").event(2, "e") is event


def test_an_event_coded_1_and_2_is_refused_since_1_may_be_either(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match=r"1 \(observed\) or 0"):
        _read(tmp_path, "id,e\n1,2\n").event(2, "e")


@pytest.mark.parametrize(
    ("end", "days"), [("2021-04-03", 33), ("03.04.2021", 33), ("20210403", 33), ("2021-04-03 10:20:30", 33)]
)
def test_dates_become_days_in_every_form_that_is_clear(tmp_path: Path, end: str, days: int) -> None:
    assert _read(tmp_path, f"start,end\n2021-03-01,{end}\n").days_between(2, "start", "end") == days


def test_slashes_are_read_only_where_day_and_month_are_clear(tmp_path: Path) -> None:
    assert _read(tmp_path, "start,end\n25/03/2021,03/26/2021\n").days_between(2, "start", "end") == 1
    with pytest.raises(MedmtlError, match="day and month are unclear"):
        _read(tmp_path, "start,end\n2021-03-01,03/04/2021\n").days_between(2, "start", "end")


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [("2021-03-02", "2021-03-01", "end must not lie before"), ("2021-02-30", "2021-03-01", "exist in the calendar")],
)
def test_dates_that_cannot_be_are_refused(tmp_path: Path, start: str, end: str, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        _read(tmp_path, f"start,end\n{start},{end}\n").days_between(2, "start", "end")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("2021-03-04", "Found the date"), ("03/04/2021", "Found the date"), ("-3", "0 to"), ("44256", "0 to")],
)
def test_days_are_a_number_and_no_date(tmp_path: Path, cell: str, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        _read(tmp_path, f"id,days\n1,{cell}\n").days(2, "days")


def _workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_gives_numbers_dates_and_truths_as_text(tmp_path: Path) -> None:
    rows: list[list[object]] = [[None, None], ["id", "day", "x", "e"], ["P1", datetime(2021, 4, 3), 2.5, True]]
    table = read_table(_workbook(tmp_path / "a.xlsx", Data=rows, Empty=[]))
    assert table.cells.loc[3].tolist() == ["P1", "2021-04-03", "2.5", "1"]
    assert table.notes == ("sheet Data",)


def test_of_several_filled_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", One=[["a", "b"], [1, 2]], Two=[["a", "b"], [3, 4]])
    with pytest.raises(MedmtlError, match="One, Two"):
        read_table(path)
    assert read_table(path, "Two").text(2, "a") == "3"


def test_a_broken_workbook_and_an_old_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK broken")
    (tmp_path / "a.xls").write_bytes(b"old")
    for name in ("a.xlsx", "a.xls"):
        with pytest.raises(MedmtlError, match="XLSX"):
            read_table(tmp_path / name)


def test_points_of_thousands_beside_decimal_commas_are_no_decimals(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("id;weight;days\n1;72,5;1.200\n2;70,1;950\n", "utf-8")
    table = read_table(tmp_path / "table.csv")
    assert (table.number(2, "weight"), table.days(3, "days")) == (72.5, 950)
    with pytest.raises(MedmtlError, match=r"column days: a plain number must stand here.*1\.200"):
        table.days(2, "days")
