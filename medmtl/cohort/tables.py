"""Reads the tables that clinics really send, every cell as text, and tells what was found out about their form."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medmtl.cohort.cells import known, read_days, read_days_between, read_event, read_number
from medmtl.cohort.delimited import Line, read_delimited
from medmtl.cohort.workbook import is_workbook, read_workbook
from medmtl.errors import MedmtlError

_POINT, _COMMA = re.compile(r"[+-]?\d+\.\d+"), re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # may be thousands as well as decimals


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`cells` are text without outer blanks, None where missing; its index is the line's number in the file, from 1.

    `decimal` is how the table writes decimals, a point or a comma; `notes` say what was found out about its form.
    """

    path: Path
    cells: pd.DataFrame
    decimal: str
    notes: tuple[str, ...]

    def find(self, *names: str) -> str | None:
        """Return the column of one of these names, whatever their case, blanks, hyphens and underscores.

        The first name that fits wins; None where none does. Raises MedmtlError where one name fits two columns.
        """
        for name in names:
            fitting = [str(column) for column in self.cells.columns if plain(str(column)) == plain(name)]
            if len(fitting) > 1:
                raise MedmtlError(f"{self.path}: a column must be told apart by its name. Found {', '.join(fitting)}.")
            if fitting:
                return fitting[0]
        return None

    def text(self, line: int, column: str) -> str | None:
        """Return the cell as it is written."""
        cell = self.cells.loc[line, column]
        return None if cell is None else str(cell)

    def number(self, line: int, column: str) -> float | None:
        """Return the cell as a number; raise MedmtlError, naming line and column, where it is none."""
        cell = self.text(line, column)
        try:
            return None if cell is None else read_number(cell, self.decimal)
        except MedmtlError as error:
            raise self.fault(line, column, error) from error

    def days(self, line: int, column: str) -> float | None:
        """Return the cell as a time [days]; raise MedmtlError for a date or what is below 0."""
        cell = self.text(line, column)
        try:
            return None if cell is None else read_days(cell, self.decimal)
        except MedmtlError as error:
            raise self.fault(line, column, error) from error

    def days_between(self, line: int, start: str, end: str) -> float | None:
        """Return the days between the dates of two columns, None where one is missing."""
        first, last = self.text(line, start), self.text(line, end)
        try:
            return None if first is None or last is None else read_days_between(first, last)
        except MedmtlError as error:
            raise self.fault(line, f"{start} to {end}", error) from error

    def event(self, line: int, column: str) -> bool | None:
        """Return the cell as an event, True where observed."""
        cell = self.text(line, column)
        try:
            return None if cell is None else read_event(cell)
        except MedmtlError as error:
            raise self.fault(line, column, error) from error

    def fault(self, line: int, column: str, reason: object) -> MedmtlError:
        """Return an error that names file, line and column."""
        return MedmtlError(f"{self.path}, line {line}, column {column}: {str(reason).rstrip('.')}.")


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read delimited text (any of comma, semicolon, tab; UTF-8, UTF-16 or cp1252) or a sheet of an XLSX workbook.

    Blank lines are passed over, `MISSING` words become None. Raises MedmtlError where the file is missing or is no
    table, where a column's name occurs twice, or where a line has more cells than the header.
    """
    if not path.is_file():
        raise MedmtlError(f"{path}: the table does not exist. Correct the path.")
    if path.suffix.lower() in {".xls", ".ods", ".numbers"}:
        raise MedmtlError(f"{path}: a table must be CSV or XLSX. Found {path.suffix}; save it as one of these.")
    lines, notes = read_workbook(path, sheet) if is_workbook(path) else read_delimited(path)
    if len(lines) < 2:
        raise MedmtlError(f"{path}: the table must have a header and at least one line. Found {len(lines)} in all.")
    frame = _frame(lines, path)
    decimal, note = _decimal(frame)
    return Table(path, frame, decimal, (*notes, *note))


def plain(name: str) -> str:
    """Return a column's name by which spellings are compared: lower case, letters and digits only."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _frame(lines: Sequence[Line], path: Path) -> pd.DataFrame:
    (_, header), *body = lines
    names = [" ".join(name.split()) for name in header]
    rows = [[known(cell) for cell in cells] for _, cells in body]
    for (number, _), row in zip(body, rows, strict=True):
        if any(row[len(names) :]):
            raise MedmtlError(f"{path}, line {number}: a line must not have more cells than the header, {len(names)}.")
    padded = [(row + [None] * len(names))[: len(names)] for row in rows]
    kept = [place for place, name in enumerate(names) if name or any(row[place] for row in padded)]
    titles = [names[place] or f"column {place + 1}" for place in kept]
    _check_names(titles, path)
    cells = [[row[place] for place in kept] for row in padded]
    return pd.DataFrame(cells, index=[number for number, _ in body], columns=titles, dtype=object)


def _check_names(names: Sequence[str], path: Path) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise MedmtlError(f"{path}: a column must occur once. Found {', '.join(twice)} more than once; rename it.")


def _decimal(frame: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """Return how decimals are written. Commas are none where points are met too, or where all may be of thousands.

    A point that may be of thousands (1.200) is no decimal beside commas that are decimals for sure (72,5).
    """
    cells = [str(cell) for cell in frame.to_numpy().ravel() if cell is not None]
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    if not commas:
        return ".", ()
    points = [cell for cell in cells if _POINT.fullmatch(cell) and not _THOUSANDS.fullmatch(cell)]
    if points or all(_THOUSANDS.fullmatch(cell) for cell in commas):
        return ".", (f"decimal point; {commas[0]!r} is not read as a number",)
    return ",", ("decimal comma",)
