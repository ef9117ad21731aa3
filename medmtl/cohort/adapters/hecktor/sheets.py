"""Which tables of a HECKTOR tree speak of patients, told by their columns and never by their name alone."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medmtl.cohort.adapters.hecktor.columns import BOX, ENDPOINTS, ID, known_columns, spelling
from medmtl.cohort.adapters.hecktor.suv_table import is_suv_table
from medmtl.cohort.tables import Table, read_table
from medmtl.cohort.workbook import filled_sheets, is_workbook
from medmtl.errors import MedmtlError

_LOG = logging.getLogger(__name__)
_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A table of patients; `columns` maps this package's names to the table's own."""

    table: Table
    columns: Mapping[str, str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the table tells of: clinical values, endpoints, boxes."""
        ends = {name for pair in ENDPOINTS.values() for name in pair}
        told = set(self.columns) - {ID}
        kinds = {"boxes": told >= set(BOX), "endpoints": bool(told & ends), "clinical": bool(told - ends - set(BOX))}
        return tuple(kind for kind, holds in kinds.items() if holds)

    @property
    def spellings(self) -> frozenset[str]:
        """Its titles as they are compared between editions."""
        return frozenset(spelling(str(column)) for column in self.table.cells.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Sheets:
    """The tables of a tree: those of patients, those that convert PET to SUV, and the files that are neither."""

    patients: tuple[Sheet, ...]
    suv: tuple[Table, ...]
    others: tuple[Path, ...]


def find_sheets(paths: list[Path]) -> Sheets:
    """Read every CSV and XLSX among these files, and tell which are which.

    Raises MedmtlError for a table that cannot be read, or that tells of patients without saying of which.
    """
    patients, suv, others = [], [], []
    for path in (path for path in paths if path.suffix.lower() in _SUFFIXES):
        tables = _read(path)
        suv += [table for table in tables if is_suv_table(table)]
        found = [sheet for table in tables if not is_suv_table(table) and (sheet := _sheet(table))]
        patients += found
        others += [] if found or any(map(is_suv_table, tables)) else [path]
    return Sheets(tuple(patients), tuple(suv), tuple(others))


def _read(path: Path) -> list[Table]:
    """Return the table of the file, or those of a workbook: one of its sheets may explain the columns of another."""
    try:
        return _workbook(path) if is_workbook(path) else [read_table(path)]
    except MedmtlError as error:
        remedy = "Mend the table, or move it out of the folder if it is none of the challenge's"
        raise MedmtlError(f"{str(error).rstrip('.')}. {remedy}.") from error


def _workbook(path: Path) -> list[Table]:
    """Return the sheets that are tables; raise MedmtlError where none is."""
    tables, faults = [], []
    for name in filled_sheets(path):
        try:
            tables.append(read_table(path, name))
        except MedmtlError as error:
            faults.append(error)
    if faults and not any(_sheet(table) for table in tables):
        raise faults[0]
    for fault in faults:
        _LOG.warning("a sheet is passed over: %s", fault)
    return tables


def _sheet(table: Table) -> Sheet | None:
    """Return the table of patients, None where it is none: it names them, and something of theirs that is known."""
    found = known_columns(map(str, table.cells.columns))
    told = [name for name in found if name != ID]
    if ID not in found:
        _check_unnamed(table, told)
        return None
    twice = [columns for columns in found.values() if len(columns) > 1]
    if twice:
        listed = ", ".join(" and ".join(map(repr, columns)) for columns in twice)
        raise MedmtlError(f"{table.path}: a column must occur once. Found {listed}, which say the same; delete one.")
    return Sheet(table, {name: column for name, (column,) in found.items()}) if told else None


def _check_unnamed(table: Table, told: list[str]) -> None:
    """Raise MedmtlError where several columns are those of patients, but none says which patient."""
    if len(told) >= 2:
        header = ", ".join(map(str, table.cells.columns))
        raise MedmtlError(f"{table.path}: a table of patients must have a column PatientID. Found {header}.")
