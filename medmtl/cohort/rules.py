"""What must hold of a manifest's cells, checked all at once, so that one reading names every fault."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema

from medmtl.records import ClinicalColumn, Scale

_SAFE_NAME = r"\w[\w.-]*"  # the case_id becomes part of file names
_NO_NAMES = ("NA", "NULL", "NaN", "None", "nan", "null")  # what reads as a missing value in any table of a run
_SUFFIXES = ("_days", "_event")

_Claim: TypeAlias = Callable[["pd.Series[str]"], "pd.Series[bool]"]


def find_faults(
    table: pd.DataFrame, columns: Sequence[ClinicalColumn], folder: Path, endpoint: str | None = None
) -> tuple[str, ...]:
    """Return every fault of the table (all cells text, None where empty), each as a sentence with its remedy.

    Paths are relative to `folder`. `endpoint`, when given, must be among the endpoints.
    """
    names = endpoint_names(table.columns, columns)
    asked = [] if endpoint is None or endpoint in names else [endpoint]
    rules = _layout(folder) | _clinical(columns)
    for name in [*names, *asked]:
        rules |= _pair(name, table)
    try:
        DataFrameSchema(rules).validate(table, lazy=True)
    except SchemaErrors as error:
        return tuple(_sentence(fault, table) for fault in error.failure_cases.to_dict("records"))
    return ()


def endpoint_names(header: Iterable[str], columns: Sequence[ClinicalColumn]) -> list[str]:
    """Return the endpoints, in order: what stands before `_days` or `_event` in a column that is not clinical."""
    clinical = {column.name for column in columns}
    candidates = [str(name) for name in header if name not in clinical]
    return list(dict.fromkeys(name.removesuffix(end) for end in _SUFFIXES for name in candidates if name.endswith(end)))


def _layout(folder: Path) -> dict[str, Column]:
    exists = _rule(
        lambda cells: cells.map(lambda cell: (folder / cell).is_file()),
        "the file must exist; correct the path (relative to the manifest) or restore the file",
    )
    safe = _rule(
        lambda cells: cells.str.fullmatch(_SAFE_NAME) & ~cells.isin(_NO_NAMES),
        "a case_id must be letters, digits, '_', '-' and '.' only, since files are named by it, and no word for "
        "a missing value; rename the case",
    )
    once = _rule(lambda cells: ~cells.duplicated(keep=False), "a case_id must occur once; merge or rename the rows")
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
        return [_rule(lambda cells: _numbers(cells).notna(), "a number must stand here; or leave the cell empty")]
    if not column.levels:
        return []
    levels = ", ".join(column.levels)
    return [
        _rule(lambda cells: cells.isin(column.levels), f"a level must be one of: {levels}; or add it to the schema")
    ]


def _pair(name: str, table: pd.DataFrame) -> dict[str, Column]:
    days = _rule(
        lambda cells: _numbers(cells) >= 0,
        "a time must be a number of days, 0 or more; correct it, or empty both cells of the pair",
    )
    event = _rule(
        lambda cells: _numbers(cells).isin([0, 1]),
        "an event must be 1 (observed) or 0 (censored); correct it, or empty both cells of the pair",
    )
    return {
        f"{name}_days": Column(object, [days, _together(table, f"{name}_event")], nullable=True),
        f"{name}_event": Column(object, [event, _together(table, f"{name}_days")], nullable=True),
    }


def _together(table: pd.DataFrame, partner: str) -> Check:
    known = table[partner].notna() if partner in table else pd.Series(data=False, index=table.index)
    message = f"a value must stand here where {partner} has one; complete the pair or empty both cells"
    return Check(lambda cells: cells.notna() | ~known, error=message, ignore_na=False)


def _filled(remedy: str) -> Check:
    return Check(lambda cells: cells.notna(), error=f"the cell must not be empty; {remedy}", ignore_na=False)


def _rule(holds: _Claim, message: str) -> Check:
    """Return a check of the filled cells only."""
    return Check(holds, error=message, ignore_na=True)


def _numbers(cells: "pd.Series[str]") -> "pd.Series[float]":
    """Return NaN where a cell is no finite number."""
    return pd.to_numeric(cells, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)


def _sentence(fault: dict[Hashable, Any], table: pd.DataFrame) -> str:
    if fault["check"] == "column_in_dataframe":
        return (
            f"Column {fault['failure_case']}: the manifest must have this column; add it, with empty cells if unknown."
        )
    case_id = table["case_id"][fault["index"]] if "case_id" in table else None
    case = f"Case {case_id}" if case_id else f"Line {fault['index'] + 2}"
    found = "an empty cell" if fault["failure_case"] is None else repr(fault["failure_case"])
    return f"{case}, column {fault['column']}: {fault['check']}. Found {found}."
