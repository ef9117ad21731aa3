"""Reads one sheet of an XLSX workbook as text, cell by cell."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from medmtl.cohort.delimited import Line
from medmtl.errors import MedmtlError

_SUFFIXES = (".xlsx", ".xlsm")


def is_workbook(path: Path) -> bool:
    """Say whether the name is that of a workbook."""
    return path.suffix.lower() in _SUFFIXES


def read_workbook(path: Path, sheet: str | None) -> tuple[list[Line], tuple[str, ...]]:
    """Return the lines that are not blank, and which sheet they are of; without a name, of the only filled sheet.

    Numbers are written with a point, dates as ISO, truth values as 1 and 0; of formulas, the stored result is read.
    """
    with _opened(path) as book:
        return _chosen(book, sheet, path)


def filled_sheets(path: Path) -> tuple[str, ...]:
    """Return the sheets that hold a header and at least one line, in the workbook's order."""
    with _opened(path) as book:
        return tuple(name for name in book.sheetnames if len(list(islice(_lines(book, name), 2))) == 2)


@contextmanager
def _opened(path: Path) -> Iterator[Workbook]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise MedmtlError(f"{path}: the workbook must be whole XLSX. Found: {error}. Export it again.") from error
    try:
        yield book
    finally:
        book.close()


def _chosen(book: Workbook, sheet: str | None, path: Path) -> tuple[list[Line], tuple[str, ...]]:
    names = [sheet] if sheet in book.sheetnames else [] if sheet else list(book.sheetnames)
    filled = {name: lines for name in names if (lines := list(_lines(book, name)))}
    if len(filled) != 1:
        found = ", ".join(filled or book.sheetnames)
        raise MedmtlError(f"{path}: one filled sheet must be named. Found {len(filled)} fitting; there are: {found}.")
    name, lines = next(iter(filled.items()))
    return lines, (f"sheet {name}",)


def _lines(book: Workbook, name: str) -> Iterator[Line]:
    for number, cells in enumerate(book[name].iter_rows(values_only=True), start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
