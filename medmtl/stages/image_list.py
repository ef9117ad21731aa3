"""Reads a table of images and masks, as PyRadiomics' batch takes it."""

from collections.abc import Mapping
from math import nan
from pathlib import Path

from medmtl.cohort.delimited import read_delimited
from medmtl.errors import MedmtlError
from medmtl.features.image_row import ImageRow

IMAGE, MASK, CASE = "image", "mask", "case_id"
_IDS = (CASE, "id", "patient", "patientid", "patient_id", "patient id")
_LARGEST = 2**31 - 1  # a label of 32 bits
_SEPARATOR = ";"  # between the masks of further members


def read_image_list(path: Path, taken: frozenset[str]) -> tuple[ImageRow, ...]:
    """Return the lines of a CSV with the columns Image and Mask, whatever the case of their names.

    Optional columns: ID (else the line's number), Label, Pet (a PET in SUV, for thresholds in a CT), Members (further
    masks, separated by semicolons). All cells but those of `case_id` are carried along. Relative paths start at the
    table's folder. A line that cannot be measured says so itself. Raises MedmtlError where the table cannot be read,
    lacks a column, names one twice, or has one of the names that are `taken`.
    """
    if not path.is_file():
        raise MedmtlError(f"{path}: the table of images does not exist. Correct --images.")
    lines, _ = read_delimited(path)
    header = _named(lines[0][1])
    _check(header, taken - {CASE}, path)
    return tuple(_row(number, _named(cells), header, path.parent) for number, cells in lines[1:])


def _named(cells: list[str]) -> list[str]:
    """Return the cells without blank ones at the end, which spreadsheets add."""
    stripped = [cell.strip() for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    return stripped


def _check(header: list[str], taken: frozenset[str], path: Path) -> None:
    lower = [name.lower() for name in header]
    missing = [name.capitalize() for name in (IMAGE, MASK) if name not in lower]
    if missing:
        raise MedmtlError(f"{path}: the table must have the columns Image and Mask. Found {', '.join(header)}.")
    twice = sorted({name for name in lower if lower.count(name) > 1})
    if twice:
        raise MedmtlError(f"{path}: a column must be named once, in capitals or not. Found twice: {', '.join(twice)}.")
    clash = sorted(name for name in header if name in taken)
    if clash:
        raise MedmtlError(f"{path}: these columns are those of the results; rename them: {', '.join(clash)}.")


def _row(number: int, cells: list[str], header: list[str], folder: Path) -> ImageRow:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    given = dict(zip(header, padded, strict=False))
    by_name = {name.lower(): cell for name, cell in given.items()}
    case_id = next((by_name[name] for name in _IDS if by_name.get(name)), str(number))
    label, fault = _label(by_name.get("label", ""))
    others = tuple(_path(one.strip(), folder) for one in by_name.get("members", "").split(_SEPARATOR) if one.strip())
    return ImageRow(
        line=number,
        case_id=case_id,
        image=_path(by_name[IMAGE], folder),
        mask=_path(by_name[MASK], folder),
        label=label,
        pet=_path(by_name["pet"], folder) if by_name.get("pet") else None,
        others=others,
        carried={name: cell for name, cell in given.items() if name != CASE},  # which the result has anyway
        fault=_faults(by_name, len(cells) - len(header)) or fault,
    )


def _path(cell: str, folder: Path) -> Path:
    return folder / cell  # an absolute path stays as it is


def _label(cell: str) -> tuple[int | None, str]:
    if not cell:
        return None, ""
    try:
        number = float(cell)
    except ValueError:
        number = nan
    if number.is_integer() and 0 < number <= _LARGEST:
        return int(number), ""
    return None, f"Label must be a whole number above 0. Found {cell!r}"


def _faults(by_name: Mapping[str, str], surplus: int) -> str:
    if surplus > 0:
        return f"a line must not have more cells than the header. Found {surplus} more; quote a cell that holds a comma"
    empty = [name.capitalize() for name in (IMAGE, MASK) if not by_name[name]]
    return f"a line must name an image and a mask. Found no {' and no '.join(empty)}" if empty else ""
