"""What must hold of a manifest's cells, checked all at once, so that one reading names every fault."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema

from medmtl.cohort.codes import LARGEST
from medmtl.findings import Finding, Level
from medmtl.records import ClinicalColumn, Scale

_SAFE_NAME = r"\w[\w.-]*"  # the case_id becomes part of file names
NO_NAMES = ("NA", "NULL", "NaN", "None", "nan", "null")  # what reads as a missing value in any table of a run
_SUFFIXES = ("_days", "_event")
_LONGEST_DAYS = 120 * 365.25  # nobody is followed for longer; a date written as 20210304 is

_Claim: TypeAlias = Callable[["pd.Series[str]"], "pd.Series[bool]"]


def find_faults(
    table: pd.DataFrame, columns: Sequence[ClinicalColumn], folder: Path, endpoint: str | None = None
) -> tuple[Finding, ...]:
    """Return every fault of the table (all cells text, None where empty), each with its remedy.

    Paths are relative to `folder`. `endpoint`, when given, must be among the endpoints. Written as text, a finding is a
    sentence that names the case, else the line.
    """
    names = endpoint_names(table.columns, columns)
    asked = [] if endpoint is None or endpoint in names else [endpoint]
    rules = _layout(folder) | _clinical(columns)
    for name in [*names, *asked]:
        rules |= _pair(name, table)
    try:
        DataFrameSchema(rules).validate(table, lazy=True)
    except SchemaErrors as error:
        return tuple(_finding(fault, table, names) for fault in error.failure_cases.to_dict("records"))
    return ()


def endpoint_names(header: Iterable[str], columns: Sequence[ClinicalColumn]) -> list[str]:
    """Return the endpoints, in order: what stands before `_days` or `_event` in a column that is not clinical."""
    clinical = {column.name for column in columns}
    candidates = [str(name) for name in header if name not in clinical]
    return list(dict.fromkeys(name.removesuffix(end) for end in _SUFFIXES for name in candidates if name.endswith(end)))


def numbers(cells: "pd.Series[str]") -> "pd.Series[float]":
    """Return the cells as numbers; NaN where a cell is empty or no finite number."""
    return pd.to_numeric(cells, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)


def _layout(folder: Path) -> dict[str, Column]:
    exists = _rule(
        lambda cells: cells.map(lambda cell: (folder / cell).is_file()),
        "file-missing",
        "the file must exist; correct the path (relative to the manifest) or restore the file",
    )
    safe = _rule(
        lambda cells: cells.str.fullmatch(_SAFE_NAME) & ~cells.isin(NO_NAMES),
        "case-id-unsafe",
        "a case_id must be letters, digits, '_', '-' and '.' only, since files are named by it, and no word for "
        "a missing value; rename the case",
    )
    once = _rule(
        lambda cells: ~cells.duplicated(keep=False),
        "case-id-twice",
        "a case_id must occur once; merge or rename the rows",
    )
    return {
        "case_id": Column(object, [_filled("write an id"), safe, once], nullable=True),
        "centre": Column(object, [_filled("write the hospital, or `unknown`")], nullable=True),
        "ct": Column(object, [exists], nullable=True),  # PET alone is kept; `check` and `prepare` name such a case
        "pet": Column(object, [_filled("write the path of the PET"), exists], nullable=True),
        "mask": Column(object, [exists], nullable=True, required=False),
    }


def _clinical(columns: Sequence[ClinicalColumn]) -> dict[str, Column]:
    return {column.name: Column(object, _scale(column), nullable=True) for column in columns}


def _scale(column: ClinicalColumn) -> list[Check]:
    if column.scale is Scale.NUMERIC:
        message = "a number must stand here; or leave the cell empty"
        beyond = f"a number must be at most {LARGEST:g} in size; correct it, or leave the cell empty"
        return [
            _rule(lambda cells: numbers(cells).notna(), "not-a-number", message),
            _rule(lambda cells: ~(numbers(cells).abs() > LARGEST), "number-too-large", beyond),
        ]
    if not column.levels:
        return []
    message = f"a level must be one of: {', '.join(column.levels)}; or add it to the schema"
    return [_rule(lambda cells: cells.isin(column.levels), "unknown-level", message)]


def _pair(name: str, table: pd.DataFrame) -> dict[str, Column]:
    days = _rule(
        lambda cells: numbers(cells) >= 0,
        "time",
        "a time must be a number of days, 0 or more; correct it, or empty both cells of the pair",
    )
    credible = _rule(
        lambda cells: ~(numbers(cells) >= _LONGEST_DAYS),
        "time-too-long",
        "a time must be shorter than 120 years; write days since the cohort's origin, not a date",
    )
    event = _rule(
        lambda cells: numbers(cells).isin([0, 1]),
        "event",
        "an event must be 1 (observed) or 0 (censored); correct it, or empty both cells of the pair",
    )
    return {
        f"{name}_days": Column(object, [days, credible, _together(table, f"{name}_event")], nullable=True),
        f"{name}_event": Column(object, [event, _together(table, f"{name}_days")], nullable=True),
    }


def _together(table: pd.DataFrame, partner: str) -> Check:
    known = table[partner].notna() if partner in table else pd.Series(data=False, index=table.index)
    message = f"a value must stand here where {partner} has one; complete the pair or empty both cells"
    return Check(lambda cells: cells.notna() | ~known, error=f"pair-incomplete: {message}", ignore_na=False)


def _filled(remedy: str, code: str = "cell-empty") -> Check:
    message = f"{code}: the cell must not be empty; {remedy}"
    return Check(lambda cells: cells.notna(), error=message, ignore_na=False)


def _rule(holds: _Claim, code: str, message: str) -> Check:
    """Return a check of the filled cells only."""
    return Check(holds, error=f"{code}: {message}", ignore_na=True)


def _finding(failure: dict[Hashable, Any], table: pd.DataFrame, endpoints: Sequence[str]) -> Finding:
    if failure["check"] == "column_in_dataframe":
        return _missing(str(failure["failure_case"]), endpoints)
    row = int(failure["index"])
    case_id = table["case_id"][row] if "case_id" in table else None
    code, _, rule = str(failure["check"]).partition(": ")
    found = "an empty cell" if failure["failure_case"] is None else repr(failure["failure_case"])
    return Finding(Level.FAULT, code, f"{rule}. Found {found}.", case_id or "", row + 2, str(failure["column"]))


def _missing(column: str, endpoints: Sequence[str]) -> Finding:
    remedy = "add it, with empty cells if unknown."
    if column.endswith(_SUFFIXES) and not endpoints:
        remedy = (
            "add it with the outcomes: the cohort has no endpoint. Or learn masks alone, with --endpoint=null and no "
            "survival task, as configs/hecktor2020.yaml does."
        )
    elif column.endswith(_SUFFIXES) and column.rpartition("_")[0] not in endpoints:
        remedy += f" Or choose another endpoint: {', '.join(endpoints)}."
    message = f"the manifest must have this column; {remedy}"
    return Finding(Level.FAULT, "column-missing", message, column=column)
