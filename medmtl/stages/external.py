"""Reads a table of an external cohort, outcomes, clinical values and features, as rows that a model can predict."""

from collections.abc import Hashable, Mapping, Sequence
from math import isinf
from pathlib import Path
from typing import Any

import pandas as pd

from medmtl.errors import CaseError, MedmtlError
from medmtl.features.base import CONVENTIONAL
from medmtl.records import Case, ClinicalColumn, Cohort, Endpoint, Scale
from medmtl.risk.base import FittedRisk
from medmtl.risk.rows import RiskRows, build_rows

DEEP = "deep_log_hazard"


def is_manifest(path: Path) -> bool:
    """Say whether a table names images, as a manifest does."""
    return path.suffix != ".parquet" and {"ct", "pet"} <= set(_table(path).columns)


def read_external(path: Path, endpoint: str, model: FittedRisk) -> RiskRows:
    """Return the rows of a table (CSV or Parquet) of one case per line.

    It has `case_id`, `ENDPOINT_days`, `ENDPOINT_event` (0 or 1) and everything that the model needs, and may have
    `centre`. Empty cells are unknown. Raises MedmtlError that names the columns that are not there, and CaseError for a
    cell that is no number.
    """
    table = _table(path)
    times = (f"{endpoint}_days", f"{endpoint}_event")
    absent = [name for name in ("case_id", *times, *model.needs()) if name not in table]
    if absent:
        raise MedmtlError(f"{path} must hold every column that scoring needs. Not there: {', '.join(absent)}.")
    columns = model.clinical_columns()
    cases = tuple(_case(row, endpoint, columns) for row in table.to_dict("records"))
    words = {column.name for column in columns}
    needed = [*CONVENTIONAL, *(name for name in model.needs() if name not in (*CONVENTIONAL, *words, DEEP))]
    index = pd.Index([case.case_id for case in cases], name="case_id")
    features = pd.DataFrame({name: _numbers(table, name) for name in needed}, index)
    predicted = pd.DataFrame({DEEP: _numbers(table, DEEP), "fold": None}, index)
    return build_rows(Cohort(cases, columns), endpoint, features.assign(fold=None), predicted)


def _table(path: Path) -> pd.DataFrame:
    """Return every cell as text, None where it is empty."""
    if not path.is_file():
        raise MedmtlError(f"{path}: the cohort does not exist. Correct the path.")
    try:
        if path.suffix == ".parquet":
            stored = pd.read_parquet(path)
            stored = stored if "case_id" in stored else stored.reset_index()
            return stored.map(lambda cell: None if pd.isna(cell) else str(cell)).astype(object)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError, ValueError) as error:
        raise MedmtlError(f"{path}: the cohort must be a CSV in UTF-8 or Parquet. Found: {error}.") from error
    return table.map(lambda cell: cell.strip() or None).astype(object)


def _numbers(table: pd.DataFrame, name: str) -> list[float]:
    """Return a column; NaN where a cell is empty, and throughout where there is no such column."""
    if name not in table:
        return [float("nan")] * len(table)
    return [_number(str(case_id), name, cell) for case_id, cell in zip(table["case_id"], table[name], strict=True)]


def _number(case_id: str, name: str, cell: str | None) -> float:
    try:
        found = float("nan") if cell is None or cell.lower() in ("nan", "na") else float(cell)
    except ValueError as error:
        raise CaseError(case_id, f"{name} must be a number. Found {cell!r}.") from error
    if isinf(found):
        raise CaseError(case_id, f"{name} must be a finite number. Found {cell!r}.")
    if found < 0 and name in CONVENTIONAL:
        raise CaseError(case_id, f"{name} must be 0 or more. Found {cell!r}; leave the cell empty if it is not known.")
    return found


def _case(row: Mapping[Hashable, Any], endpoint: str, columns: Sequence[ClinicalColumn]) -> Case:
    case_id, days, event = str(row["case_id"]), row[f"{endpoint}_days"], row[f"{endpoint}_event"]
    seen = {} if days is None or event is None else {endpoint: _endpoint(case_id, days, event)}
    clinical = {column.name: _value(case_id, row[column.name], column) for column in columns}
    return Case(case_id, str(row.get("centre") or "external"), Path(), Path(), endpoints=seen, clinical=clinical)


def _endpoint(case_id: str, days: str, event: str) -> Endpoint:
    happened = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}.get(event.lower())
    try:
        if happened is None:
            raise ValueError(f"an event of {event!r}")
        return Endpoint(float(days), happened)
    except (ValueError, MedmtlError) as error:
        raise CaseError(case_id, f"times must be days, 0 or more, and events 0 or 1. Found: {error}") from error


def _value(case_id: str, cell: str | None, column: ClinicalColumn) -> float | str | None:
    if cell is None:
        return None
    if column.scale is not Scale.NUMERIC:
        return cell.removesuffix(".0") if cell.removesuffix(".0").isdigit() else cell  # a level 1 in a column with gaps
    return _number(case_id, column.name, cell)
