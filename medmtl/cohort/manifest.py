"""Reads and writes `manifest.csv`, the table that describes a cohort."""

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from medmtl.cohort.rules import endpoint_names, find_faults
from medmtl.cohort.schema import read_schema, write_schema
from medmtl.errors import MedmtlError
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Scale
from medmtl.whole_file import whole_file

MANIFEST = "manifest.csv"
SCHEMA = "schema.yaml"
_OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_manifest(path: Path, endpoint: str | None = None, columns: Sequence[ClinicalColumn] | None = None) -> Cohort:
    """Return the cohort that the file describes, in its order.

    `endpoint` names an endpoint that must be there (a case may still lack it). `columns` are the clinical columns to
    read; without them, those of `schema.yaml` beside the file. Raises one MedmtlError that lists every fault.
    """
    table = read_cells(path)
    expected = read_schema(path.parent / SCHEMA) if columns is None else tuple(columns)
    faults = find_faults(table, expected, path.parent, endpoint)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise MedmtlError("\n".join([f"{path}: {count}.", *(f"  - {fault}" for fault in faults)]))
    rows = [dict(zip(table.columns, cells, strict=True)) for cells in table.itertuples(index=False, name=None)]
    return Cohort(tuple(case_of_row(row, expected, path.parent) for row in rows), expected)


def read_cells(path: Path) -> pd.DataFrame:
    """Return every cell as text without outer blanks, and as None where it is empty.

    Raises MedmtlError where the file is no table with one header, cells separated by commas, and a case at least.
    """
    if not path.is_file():
        raise MedmtlError(f"{path}: the manifest does not exist. Correct the path, or import a cohort first.")
    _check_encoding(path)
    try:
        _check_separator(path)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise MedmtlError(f"{path}: the manifest must be a CSV with one header line. Found: {error}") from error
    if table.empty:
        raise MedmtlError(f"{path}: the manifest must hold at least one case. Found none.")
    _check_header(path, longer_rows=not isinstance(table.index, pd.RangeIndex))
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    return table.map(lambda cell: cell.strip() or None).astype(object)


def case_of_row(row: Mapping[str, str | None], columns: Sequence[ClinicalColumn], folder: Path) -> Case:
    """Return the case of one row of cells in which `find_faults` found nothing; paths are relative to the folder."""
    mask, ct = row.get("mask"), row["ct"]
    return Case(
        case_id=str(row["case_id"]),
        centre=str(row["centre"]),
        ct=_absolute(folder, ct) if ct else None,
        pet=_absolute(folder, str(row["pet"])),
        mask=_absolute(folder, mask) if mask else None,
        endpoints=_endpoints(row, columns),
        clinical={column.name: _value(row[column.name], column) for column in columns},
    )


def write_manifest(cohort: Cohort, folder: Path) -> Path:
    """Write `schema.yaml`, then `manifest.csv` with paths relative to the folder; return the manifest's path."""
    write_schema(cohort.columns, folder / SCHEMA)
    names = sorted({name for case in cohort.cases for name in case.endpoints})
    table = pd.DataFrame([_row(case, names, cohort.columns, folder) for case in cohort.cases], dtype=object)
    with whole_file(folder / MANIFEST) as partial:
        table.to_csv(partial, index=False)
    return folder / MANIFEST


def _check_encoding(path: Path) -> None:
    """Raise MedmtlError unless the bytes are UTF-8; UTF-16 without a mark is told by the zeros between its letters."""
    content = path.read_bytes()
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in content:
        found = "UTF-16, or a file that is no text"
    else:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            found = f"a byte in line {line} that is not, as in a file of an older Windows"
        else:
            return
    raise MedmtlError(f"{path}: the manifest must be in UTF-8. Found {found}. Save it as CSV UTF-8.")


def _check_separator(path: Path) -> None:
    with path.open(encoding="utf-8-sig") as file:
        header = next((line.strip() for line in file if line.strip()), "")
    other = next((name for mark, name in _OTHERS.items() if mark in header), "")
    if "," not in header and header:
        found = f"{other} in the header" if other else "one column"
        remedy = "Save the table as CSV with commas between cells and points in decimals"
        raise MedmtlError(f"{path}: cells must be separated by commas. Found {found}: {header}. {remedy}.")


def _check_header(path: Path, longer_rows: bool) -> None:
    """Raise MedmtlError for what pandas takes in silence: a name twice, rows that are too long."""
    header = pd.read_csv(path, dtype=str, header=None, nrows=1, keep_default_na=False, encoding="utf-8-sig")
    names = [str(name).strip() for name in header.iloc[0]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise MedmtlError(
            f"{path}: a column must occur once. Found {', '.join(twice)} more than once; rename the others."
        )
    if longer_rows:
        raise MedmtlError(f"{path}: a line must not have more cells than the header, {len(names)}. Found more in each.")


def _absolute(folder: Path, cell: str) -> Path:
    """Follow links of folders as the system does, but keep the file's own name."""
    path = folder / cell
    return path.parent.resolve() / path.name


def _endpoints(row: Mapping[str, str | None], columns: Sequence[ClinicalColumn]) -> dict[str, Endpoint]:
    pairs = {name: (row[f"{name}_days"], row[f"{name}_event"]) for name in endpoint_names(row, columns)}
    return {
        name: Endpoint(float(days), float(event) == 1)
        for name, (days, event) in pairs.items()
        if days is not None and event is not None
    }


def _value(cell: str | None, column: ClinicalColumn) -> float | str | None:
    return float(cell) if cell is not None and column.scale is Scale.NUMERIC else cell


def _row(case: Case, endpoints: Sequence[str], columns: Sequence[ClinicalColumn], folder: Path) -> dict[str, object]:
    paths = {"ct": case.ct, "pet": case.pet, "mask": case.mask}
    row: dict[str, object] = {"case_id": case.case_id, "centre": case.centre}
    row |= {name: _relative(path, folder) if path else None for name, path in paths.items()}
    for name in endpoints:
        seen = case.endpoints.get(name)
        row[f"{name}_days"] = _number(seen.time_days) if seen else None
        row[f"{name}_event"] = int(seen.event) if seen else None
    return row | {column.name: _number(case.clinical.get(column.name)) for column in columns}


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.parent.resolve() / path.name, folder.resolve())


def _number(value: float | str | None) -> float | str | None:
    """Write whole numbers without a decimal point, so that 59 stays 59."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
