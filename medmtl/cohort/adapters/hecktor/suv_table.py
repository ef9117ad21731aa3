"""The organisers' table that converts PET from activity to SUV (`suv_conversion_tags.csv`), checked row by row.

Formula: SUVbw [g/mL] = activity [Bq/mL] x weight [g] / dose [Bq], the dose decayed to the start of the scan, as in
`convert_nifti_Bq_SUV.py` of the organisers' repository of 2026; QIBA FDG-PET/CT profile, section 3.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Final

from medmtl.cohort.adapters.hecktor.centres import key_of
from medmtl.cohort.adapters.hecktor.columns import spelling
from medmtl.cohort.tables import Table
from medmtl.errors import MedmtlError

_WEIGHT, _TOTAL, _HALF_LIFE = "patient_weight_kg", "radionuclide_total_dose_bq", "radionuclide_half_life_sec"
_ELAPSED, _DECAYED = "elapsed_seconds_injection_to_scan", "decay_corrected_dose_at_scan_bq"
_DOSE, _FACTOR = "dose_for_suv_bq", "bqml_to_suvbw_factor"
_ID: Final = ("pid", "PatientID")
_PLAUSIBLE: Final = {  # of an adult's FDG-PET, with room to spare
    _WEIGHT: (20.0, 300.0),
    _TOTAL: (2e7, 2e9),
    _HALF_LIFE: (60.0, 500_000.0),  # from 15-O to 89-Zr
    _ELAPSED: (0.0, 24 * 3600.0),
    _DECAYED: (5e6, 2e9),
    _DOSE: (5e6, 2e9),
}
_AGREES: Final = 0.01  # relative, between what a row says twice


@dataclass(frozen=True, slots=True)
class SuvRow:
    """What turns one patient's PET into SUVbw; `constants` are the numbers of the row, for the report."""

    factor: float  # [g/mL per Bq/mL]
    constants: Mapping[str, float]


def is_suv_table(table: Table) -> bool:
    """Say whether the table names patients, and the factor or weight and dose."""
    titles = {spelling(str(column)) for column in table.cells.columns}
    named = any(spelling(name) in titles for name in _ID)
    return named and ({spelling(_FACTOR)} <= titles or {spelling(_WEIGHT), spelling(_DOSE)} <= titles)


def read_suv_rows(tables: Sequence[Table]) -> dict[str, SuvRow | MedmtlError]:
    """Return by patient's key the row, or what is wrong with it: the patient whose PET needs it then fails."""
    rows: dict[str, SuvRow | MedmtlError] = {}
    for table in tables:
        column = table.find(*_ID) or ""
        for line in table.cells.index:
            if name := table.text(line, column):
                rows[key_of(name)] = _twice(table, name) if key_of(name) in rows else _row(table, line)
    return rows


def _twice(table: Table, name: str) -> MedmtlError:
    return MedmtlError(f"{table.path}: a patient must have one row of SUV constants. Found more for {name}.")


def _row(table: Table, line: int) -> SuvRow | MedmtlError:
    try:
        _check_units(table, line)
        known = {name: _number(table, line, name) for name in (*_PLAUSIBLE, _FACTOR)}
        return _checked({name: value for name, value in known.items() if value is not None})
    except MedmtlError as error:
        place = "" if str(table.path) in str(error) else f"{table.path}, line {line}: "
        return MedmtlError(f"{place}{error}")


def _check_units(table: Table, line: int) -> None:
    column = table.find("units")
    units = table.text(line, column) if column else None
    if units is not None and spelling(units) != "bqml":
        raise MedmtlError(f"units must be BQML, which the factor is for. Found {units!r}; convert the PET yourself.")


def _number(table: Table, line: int, name: str) -> float | None:
    column = table.find(name)
    value = None if column is None else table.number(line, column)
    low, high = _PLAUSIBLE.get(name, (0.0, float("inf")))
    if value is not None and not low <= value <= high:
        raise MedmtlError(f"{name} must be {low:g} to {high:g}. Found {value:g}; correct the row.")
    return value


def _checked(known: Mapping[str, float]) -> SuvRow:
    """Return the row whose factor follows from weight and dose, and is the one it states itself."""
    dose = known.get(_DOSE, known.get(_DECAYED, _decayed(known)))
    if _WEIGHT not in known or dose is None:
        raise MedmtlError(f"{_WEIGHT} and {_DOSE} must be given. Found {', '.join(known) or 'nothing'}.")
    _check_dose(dose, known)
    factor = 1000.0 * known[_WEIGHT] / dose
    stated = known.get(_FACTOR, factor)
    if not isclose(stated, factor, rel_tol=_AGREES):
        raise MedmtlError(f"{_FACTOR} must be weight over dose, {factor:.6g}. Found {stated:.6g}; correct the row.")
    return SuvRow(factor, known)


def _check_dose(dose: float, known: Mapping[str, float]) -> None:
    """Raise MedmtlError unless the dose is the injected one or that which is left at the scan."""
    given = [value for value in (known.get(_TOTAL), known.get(_DECAYED), _decayed(known)) if value is not None]
    if given and not any(isclose(dose, value, rel_tol=_AGREES) for value in given):
        listed = ", ".join(f"{value:.4g}" for value in given)
        raise MedmtlError(f"{_DOSE} must be the injected or the decayed dose ({listed}). Found {dose:.4g}.")


def _decayed(known: Mapping[str, float]) -> float | None:
    if not {_TOTAL, _HALF_LIFE, _ELAPSED} <= set(known):
        return None
    return float(known[_TOTAL] * 2.0 ** (-known[_ELAPSED] / known[_HALF_LIFE]))
