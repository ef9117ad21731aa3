"""Turns a PET series into SUV by body weight [g/mL], or refuses; weight, dose and half-life are never invented.

Formulas: the IBSI-SUV manual (Vacha et al., 2026) and the vendor-neutral pseudo-code of QIBA's FDG-PET/CT profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

import numpy as np
from pydicom import Dataset

from medmtl.dicom.decay import Decay, read_decay
from medmtl.dicom.series import Series
from medmtl.errors import MedmtlError
from medmtl.records import Image

PHILIPS = 0x7053  # the private group; its creator reserves a block of elements, here the first
PHILIPS_CREATOR = "Philips PET Private Group"
ALIKE = ("Units", "DecayCorrection", "PatientWeight")  # what is then read from the first slice
PHILIPS_SUV, PHILIPS_ACTIVITY = 0x00, 0x09  # factors from counts to SUV, and to activity [Bq/mL]


@dataclass(frozen=True, slots=True)
class SuvOverrides:
    """What stands in for the headers, from a table of the user's; None leaves a value to the headers.

    `injection_time` without a date is taken on the day of the acquisition, or on the day before where it is later.
    """

    weight_kg: float | None = None
    dose_bq: float | None = None
    half_life_s: float | None = None
    injection_time: datetime | time | None = None
    height_m: float | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class SuvConversion:
    """The factor from the rescaled values to SUV; the branch of the recipe that gave it; the numbers it rests on."""

    factor: float
    branch: str
    constants: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def to_suv(series: Series, overrides: SuvOverrides | None = None) -> tuple[Image, SuvConversion]:
    """Return the series in SUV [g/mL], float32, and how it was converted.

    Raises MedmtlError where a tag is missing or says what is not handled.
    """
    conversion = suv_conversion(series)
    array = series.image.array.astype(np.float64) * conversion.factor
    return Image(array.astype(np.float32), series.image.grid), conversion


def suv_conversion(series: Series) -> SuvConversion:
    """Return the conversion that the headers call for."""
    header = series.headers[0]
    _check_corrections(series)
    units = str(header.get("Units", "none"))
    if units == "GML":
        return _from_suv(header, series)
    if units == "CNTS":
        return _from_counts(header, series)
    if units == "BQML":
        return _from_activity(header, series)
    raise _refuse(series, f"Units must be BQML, GML or CNTS. Found {units}")


def _check_corrections(series: Series) -> None:
    header = series.headers[0]
    for name in ALIKE:
        if len({str(each.get(name)) for each in series.headers}) > 1:
            raise _refuse(series, f"{name} must be the same in every slice. Found several")
    if any(float(each.RescaleIntercept) != 0 for each in series.headers):
        raise _refuse(series, "RescaleIntercept of a PET must be 0. Found another")
    if {"DYNAMIC", "GATED"} & set(_words(header, "SeriesType")):
        raise _refuse(series, "SeriesType must be STATIC or WHOLE BODY. Found a dynamic or gated series")
    lacking = [name for name in ("ATTN", "DECY") if name not in _words(header, "CorrectedImage")]
    if lacking:
        raise _refuse(series, f"CorrectedImage must name ATTN and DECY. Found it without {' and '.join(lacking)}")


def _words(header: Dataset, name: str) -> list[str]:
    """Return the values of a tag, which pydicom gives bare where there is only one."""
    value = header.get(name) or []
    return [value] if isinstance(value, str) else [str(word) for word in value]


def _from_suv(header: Dataset, series: Series) -> SuvConversion:
    kind = str(header.get("SUVType", "") or "BW")
    if kind == "BW":
        return SuvConversion(1.0, "GML:BW")
    if kind != "IBW":
        raise _refuse(series, f"SUVType must be BW or IBW. Found {kind}")
    weight, ideal = _weight(header, series), _ideal_weight(header, series)
    return SuvConversion(weight / ideal, "GML:IBW", {"weight_kg": weight, "ideal_weight_kg": ideal})


def _from_counts(header: Dataset, series: Series) -> SuvConversion:
    """Philips writes counts, with factors in private elements."""
    to_suv_factor = _philips(header, PHILIPS_SUV)
    if to_suv_factor > 0:
        return SuvConversion(to_suv_factor, "CNTS:Philips SUV", {"philips_factor": to_suv_factor})
    to_activity = _philips(header, PHILIPS_ACTIVITY)
    if to_activity <= 0:
        raise _refuse(series, "Units CNTS need Philips' private factor (7053,1000) or (7053,1009). Found neither")
    known = _from_activity(header, series)
    constants = {**known.constants, "philips_factor": to_activity}
    return SuvConversion(known.factor * to_activity, f"CNTS:Philips activity:{known.branch}", constants)


def _from_activity(header: Dataset, series: Series) -> SuvConversion:
    """SUV = activity [Bq/mL] * weight [g] / dose [Bq], the dose decayed to when the activity is given for."""
    weight = _weight(header, series)
    decay: Decay = read_decay(series)
    factor = weight * 1000 / (decay.dose_bq * decay.remaining)
    return SuvConversion(factor, f"BQML:{decay.branch}", {"weight_kg": weight, **decay.constants})


def _weight(header: Dataset, series: Series) -> float:
    """Return the weight [kg]; one above 1000 is in grams."""
    weight = float(header.get("PatientWeight", None) or 0)
    if weight <= 0:
        raise _refuse(series, "PatientWeight must be given. Found none")
    return weight / 1000 if weight > 1000 else weight


def _ideal_weight(header: Dataset, series: Series) -> float:
    """Return the ideal body weight [kg] by sex and height; of sex O, the mean of both (IBSI-SUV manual)."""
    height = float(header.get("PatientSize", None) or 0)
    height_cm = height * 100 if height < 3 else height
    if height_cm <= 0:
        raise _refuse(series, "PatientSize must be given for SUVType IBW. Found none")
    male, female = 48.0 + 1.06 * (height_cm - 152), 45.5 + 0.91 * (height_cm - 152)
    by_sex = {"M": male, "F": female, "O": (male + female) / 2}
    sex = str(header.get("PatientSex", ""))
    if sex not in by_sex:
        raise _refuse(series, f"PatientSex must be M, F or O for SUVType IBW. Found {sex!r}")
    return by_sex[sex]


def _philips(header: Dataset, offset: int) -> float:
    """Return the private factor, 0 where absent; de-identification may have removed the creator's name."""
    blocks = [e.tag.element for e in header.group_dataset(PHILIPS) if str(e.value) == PHILIPS_CREATOR]
    element = header.get((PHILIPS, (blocks[0] if blocks else 0x10) << 8 | offset))
    return float(element.value) if element is not None and element.value else 0.0


def _refuse(series: Series, reason: str) -> MedmtlError:
    return MedmtlError(f"{series.folder}: {reason}. The series cannot be turned into SUV.")
