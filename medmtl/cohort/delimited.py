"""Reads delimited text as clinics export it: whatever its encoding and its separator are."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from medmtl.errors import MedmtlError

Line: TypeAlias = tuple[int, list[str]]  # its number in the file, from 1, and its cells
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))  # byte order marks


def read_delimited(path: Path) -> tuple[list[Line], tuple[str, ...]]:
    """Return the lines that are not blank, and what was found out: `UTF-8`, `separated by semicolon`.

    Text that is not UTF-8 is read as cp1252, what Windows writes. Raises MedmtlError where no separator is found.
    """
    text, encoding = _decode(path.read_bytes(), path)
    separator = _separator(text, path)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise MedmtlError(f"{path}: the table must be delimited text. Found: {error}.") from error
    return _filled(lines), (encoding, f"separated by {_NAMES[separator]}")


def _decode(raw: bytes, path: Path) -> tuple[str, str]:
    marked = [encoding for mark, encoding in _MARKS if raw.startswith(mark)]
    try:
        text, name = (raw.decode(marked[0]), marked[0]) if marked else (raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text, name = raw.decode("cp1252", errors="replace"), "cp1252"
    if "\0" in text:
        raise MedmtlError(f"{path}: the table must be text or XLSX. Found bytes of neither; export it as CSV.")
    return text, name.removesuffix("-sig").upper()


def _separator(text: str, path: Path) -> str:
    """Return the separator by which the most lines have as many cells as the header; of equals, the one with more."""
    sample = [line for line in text.splitlines() if line.strip()][:200]
    if not sample:
        raise MedmtlError(f"{path}: the table must have a header and a line. Found an empty file.")
    widths = {separator: [len(cells) for cells in csv.reader(sample, delimiter=separator)] for separator in _NAMES}
    fitting = {s: w for s, w in widths.items() if w and w[0] > 1}
    if not fitting:
        raise MedmtlError(f"{path}: cells must be separated by comma, semicolon or tab. Found one column: {sample[0]}")
    return max(fitting, key=lambda s: (fitting[s].count(fitting[s][0]) / len(fitting[s]), fitting[s][0]))


def _filled(lines: Iterable[Line]) -> list[Line]:
    return [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
