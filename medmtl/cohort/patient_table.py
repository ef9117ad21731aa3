"""The table that goes with images: one line per patient, with endpoints, clinical columns and what the headers lack."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medmtl.cohort.cells import known
from medmtl.cohort.endpoint_columns import EndpointColumns, asked_endpoints, found_endpoints
from medmtl.cohort.inference import infer_column
from medmtl.cohort.tables import Table, plain, read_table
from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Endpoint, Scale

IDS = ("case_id", "patient_id", "patient", "subject_id", "subject", "case", "pid", "id")
CENTRES = ("centre", "center", "centre_id", "center_id", "hospital", "institution")
SUV_COLUMNS = (  # what replaces a header's value in the conversion to SUV, and is no predictor
    *("weight_kg", "height_m", "height_cm", "patient_sex", "dose_bq", "dose_mbq", "half_life_s", "half_life_min"),
    "injection_time",
)
_TAKEN = ("case_id", "centre", "ct", "pet", "mask")  # the manifest's own columns


@dataclass(frozen=True, slots=True)
class TableWishes:
    """How to read the table: its sheet, its column of ids, its endpoints; empty to find out.

    `predictors` are the columns to predict from; what else can be carried is, with `predictor: false`, since nothing in
    a table tells what was known at baseline.
    """

    sheet: str | None = None
    id: str | None = None
    endpoints: tuple[str, ...] = ()
    predictors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PatientTable:
    """The table and what its columns are; `fates` says of every column what became of it, `lines` where an id is."""

    table: Table
    lines: Mapping[str, int]
    endpoints: tuple[EndpointColumns, ...]
    columns: tuple[ClinicalColumn, ...]
    suv: Mapping[str, str]
    centre: str | None
    fates: Mapping[str, str]

    def line_of(self, name: str) -> int | None:
        """Return the patient's line; a spreadsheet may have taken leading zeros, or capitals, from the name."""
        if name in self.lines:
            return self.lines[name]
        alike = [line for own, line in self.lines.items() if _bare(own) == _bare(name)]
        return alike[0] if len(alike) == 1 else None

    def endpoints_at(self, line: int) -> dict[str, Endpoint]:
        """Return what was observed of each endpoint."""
        found = {one.name: one.read(self.table, line) for one in self.endpoints}
        return {name: endpoint for name, endpoint in found.items() if endpoint is not None}

    def clinical_at(self, line: int) -> dict[str, float | str | None]:
        """Return the values of `columns`."""
        return {column.name: self._value(line, column) for column in self.columns}

    def centre_at(self, line: int) -> str | None:
        """Return the hospital, None where the table does not tell."""
        return None if self.centre is None else self.table.text(line, self.centre)

    def _value(self, line: int, column: ClinicalColumn) -> float | str | None:
        if column.scale is Scale.NUMERIC:
            return self.table.number(line, column.name)
        return self.table.text(line, column.name)


def read_patient_table(path: Path, wishes: TableWishes) -> PatientTable:
    """Read the table and say what its columns are; see `infer_column` for the clinical ones.

    Raises MedmtlError where it is no table, where the ids or a column asked for are missing, or an id stands twice.
    """
    table = read_table(path, wishes.sheet)
    ids = _id_column(table, wishes.id)
    endpoints = asked_endpoints(wishes.endpoints, table) or found_endpoints(table)
    suv = {name: found for name in SUV_COLUMNS if (found := table.find(name))}
    centre = table.find(*CENTRES)
    fates = {ids: "ids"} | ({centre: "centre"} if centre else {})
    fates |= {column: f"endpoint {one.name}" for one in endpoints for column in one.used}
    fates |= {column: f"SUV: {name}" for name, column in suv.items()}
    columns, more = _clinical(table, fates, wishes.predictors)
    return PatientTable(table, _lines(table, ids), endpoints, columns, suv, centre, fates | more)


def _id_column(table: Table, asked: str | None) -> str:
    found = table.find(asked) if asked else table.find(*IDS)
    if found is None:
        there = ", ".join(map(str, table.cells.columns))
        wanted = asked or "case_id or PatientID"
        raise MedmtlError(f"{table.path}: a column {wanted} must hold the ids. Found {there}; name it with --id.")
    return found


def _lines(table: Table, ids: str) -> dict[str, int]:
    cells = zip(table.cells.index.tolist(), table.cells[ids], strict=True)
    named = [(str(name), int(line)) for line, name in cells if name is not None]
    twice = sorted(name for name, count in Counter(name for name, _ in named).items() if count > 1)
    if twice:
        raise MedmtlError(f"{table.path}: a patient must have one line. Found more for {', '.join(twice[:5])}.")
    return dict(named)


def _clinical(
    table: Table, fates: Mapping[str, str], predictors: tuple[str, ...]
) -> tuple[tuple[ClinicalColumn, ...], dict[str, str]]:
    """Return the clinical columns, and what became of each column that has no other use."""
    wanted = {_asked(name, table, fates) for name in predictors}
    free = [str(name) for name in table.cells.columns if str(name) not in fates]
    found = {name: _column(name, table, name in wanted) for name in free}
    columns = tuple(one for one in found.values() if isinstance(one, ClinicalColumn))
    return columns, {name: _fate(one) for name, one in found.items()}


def _asked(name: str, table: Table, fates: Mapping[str, str]) -> str:
    found = table.find(name)
    if found is None or found in fates:
        use = f"that column is {fates[found]}" if found else ", ".join(map(str, table.cells.columns))
        raise MedmtlError(f"{table.path}: --predictors {name} must be a column of no other use. Found {use}.")
    return found


def _column(name: str, table: Table, predictor: bool) -> ClinicalColumn | str:
    if name.lower() in _TAKEN or name.endswith(("_days", "_event")):
        return "its name is one of the manifest's own, or of an endpoint's"
    cells = [cell for cell in table.cells[name] if known(cell) is not None]
    return infer_column(name, cells, table.decimal, predictor)


def _fate(found: ClinicalColumn | str) -> str:
    if isinstance(found, str):
        return f"left out: {found}"
    levels = f" ({', '.join(found.levels)})" if found.levels else ""
    return f"{'predictor' if found.predictor else 'carried'}, {found.scale}{levels}"


def _bare(name: str) -> str:
    return plain(name).lstrip("0")
