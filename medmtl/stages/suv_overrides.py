"""Takes from a table what the headers of a PET lack: weight, dose, half-life, time of injection."""

from datetime import datetime, time

from medmtl.cohort.cells import read_moment
from medmtl.cohort.patient_table import PatientTable
from medmtl.dicom.overrides import SuvOverrides
from medmtl.errors import MedmtlError

_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "o": "O", "other": "O"}


def overrides_at(patients: PatientTable, line: int) -> SuvOverrides:
    """Return what the line gives, in the units of `SuvOverrides`; raises MedmtlError for a cell that is not understood.

    Columns in other units are converted: `dose_mbq`, `half_life_min`, `height_cm`.
    """
    return SuvOverrides(
        weight_kg=_number(patients, line, "weight_kg"),
        dose_bq=_number(patients, line, "dose_bq") or _number(patients, line, "dose_mbq", 1e6),
        half_life_s=_number(patients, line, "half_life_s") or _number(patients, line, "half_life_min", 60.0),
        injection_time=_moment(patients, line),
        height_m=_number(patients, line, "height_m") or _number(patients, line, "height_cm", 0.01),
        sex=_sex(patients, line),
    )


def _number(patients: PatientTable, line: int, name: str, factor: float = 1.0) -> float | None:
    column = patients.suv.get(name)
    value = None if column is None else patients.table.number(line, column)
    if column is not None and value is not None and value <= 0:
        raise patients.table.fault(line, column, f"a number above 0 must stand here. Found {value:g}")
    return None if value is None else value * factor


def _moment(patients: PatientTable, line: int) -> datetime | time | None:
    column = patients.suv.get("injection_time")
    cell = None if column is None else patients.table.text(line, column)
    try:
        return None if cell is None else read_moment(cell)
    except MedmtlError as error:
        raise patients.table.fault(line, str(column), error) from error


def _sex(patients: PatientTable, line: int) -> str | None:
    column = patients.suv.get("patient_sex")
    cell = None if column is None else patients.table.text(line, column)
    if column is not None and cell is not None and cell.lower() not in _SEXES:
        raise patients.table.fault(line, column, f"M, F or O must stand here. Found {cell!r}")
    return None if cell is None else _SEXES[cell.lower()]
