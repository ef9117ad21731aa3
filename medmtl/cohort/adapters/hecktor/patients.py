"""What the tables of a HECKTOR tree say of each patient, joined over tables that must not contradict one another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from medmtl.cohort.adapters.hecktor.centres import key_of
from medmtl.cohort.adapters.hecktor.codings import decode
from medmtl.cohort.adapters.hecktor.columns import BOX, CENTRE, ENDPOINTS, ID
from medmtl.cohort.adapters.hecktor.editions import Edition
from medmtl.cohort.adapters.hecktor.sheets import Sheet
from medmtl.errors import CaseError, MedmtlError
from medmtl.records import Endpoint

Box: TypeAlias = Mapping[str, float]  # x1, x2, y1, y2, z1, z2 [mm]


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient of the tables, by the columns of the edition; `box` is where organisers ask to look [mm]."""

    case_id: str
    centre: str | None = None
    clinical: Mapping[str, float | str | None] = field(default_factory=dict)
    endpoint: Endpoint | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one patient, of one table or of several."""

    case_id: str
    places: tuple[tuple[Sheet, int], ...]

    def read(self, edition: Edition) -> Patient:
        """Return the patient; raise CaseError for a cell that cannot be read, or that contradicts another table."""
        try:
            _check_once(self.places)
            clinical = {column.name: self._one(column.name, edition) for column in edition.columns}
            centre = self._one(CENTRE, edition)
            endpoint = self._endpoint(edition) if edition.endpoint else None
            return Patient(self.case_id, str(centre) if centre else None, clinical, endpoint, self._box(edition))
        except CaseError:
            raise
        except MedmtlError as error:
            raise CaseError(self.case_id, str(error)) from error

    def _endpoint(self, edition: Edition) -> Endpoint | None:
        event_name, days_name = ENDPOINTS[str(edition.endpoint)]
        event, days = self._one(event_name, edition), self._one(days_name, edition)
        if event is None and days is None:
            return None
        if event is None or days is None:
            lacking, given = (event_name, days_name) if event is None else (days_name, event_name)
            raise CaseError(self.case_id, f"{lacking} must be given where {given} is. Found an empty cell.")
        return Endpoint(float(days), event == 1.0)

    def _box(self, edition: Edition) -> Box | None:
        found = {corner: self._one(corner, edition) for corner in BOX}
        known = {corner: float(value) for corner, value in found.items() if value is not None}
        if known and (len(known) < len(BOX) or any(known[f"{axis}1"] >= known[f"{axis}2"] for axis in "xyz")):
            raise CaseError(self.case_id, f"a box must go from x1, y1, z1 to the larger x2, y2, z2. Found {known}.")
        return known or None

    def _one(self, name: str, edition: Edition) -> float | str | None:
        """Return the value in which all tables agree; empty cells agree with any."""
        values: dict[Any, str] = {}
        for sheet, line in self.places:
            value = _value(sheet, line, name, edition)
            if value is not None:
                values.setdefault(value, f"{value!r} in {sheet.table.path.name}, line {line}")
        if len(values) > 1:
            raise CaseError(self.case_id, f"the tables must agree on {name}. Found {'; '.join(values.values())}.")
        return next(iter(values), None)


def read_patients(sheets: Sequence[Sheet], edition: Edition) -> dict[str, Patient | CaseError]:
    """Return by key every patient of the tables, or what is wrong with the lines of that patient."""
    places: dict[str, list[tuple[Sheet, int]]] = defaultdict(list)
    names: dict[str, str] = {}
    for sheet in sheets:
        for line in sheet.table.cells.index:
            if case_id := sheet.table.text(line, sheet.columns[ID]):
                names.setdefault(key_of(case_id), case_id)
                places[key_of(case_id)].append((sheet, line))
    return {key: _read(_Lines(names[key], tuple(places[key])), edition) for key in sorted(places)}


def _read(lines: _Lines, edition: Edition) -> Patient | CaseError:
    try:
        return lines.read(edition)
    except CaseError as error:
        return error


def _check_once(places: Sequence[tuple[Sheet, int]]) -> None:
    for sheet in (sheet for sheet, _ in places):
        found = [line for other, line in places if other is sheet]
        if len(found) > 1:
            listed = ", ".join(map(str, found))
            raise MedmtlError(
                f"{sheet.table.path}: a patient must have one line. Found lines {listed}; delete the others."
            )


def _value(sheet: Sheet, line: int, name: str, edition: Edition) -> float | str | None:
    column = sheet.columns.get(name)
    cell = sheet.table.text(line, column) if column else None
    if column is None or cell is None:
        return None
    if name == CENTRE:
        return cell.removesuffix(".0")
    if name in BOX:
        return sheet.table.number(line, column)
    if name in {event for event, _ in ENDPOINTS.values()}:
        observed = sheet.table.event(line, column)
        return None if observed is None else float(observed)
    if name in {days for _, days in ENDPOINTS.values()}:
        return sheet.table.days(line, column)
    return _decoded(sheet, line, name, edition)


def _decoded(sheet: Sheet, line: int, name: str, edition: Edition) -> float | str | None:
    table, column = sheet.table, sheet.columns[name]
    try:
        return decode(name, str(table.text(line, column)), edition.year, table.decimal)
    except MedmtlError as error:
        raise table.fault(line, column, error) from error
