"""Turns a PET series into SUV by body weight [g/mL], or refuses; weight, dose and half-life are never invented.

Formulas: the IBSI-SUV manual (Vacha et al., 2026) and the vendor-neutral pseudo-code of QIBA's FDG-PET/CT profile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from medmtl.dicom.body import Body, height_of, sex_of, weight_of
from medmtl.dicom.decay import read_decay
from medmtl.dicom.overrides import NOTHING, SuvOverrides
from medmtl.dicom.pet_headers import check_pet
from medmtl.dicom.plausible import check_plausible
from medmtl.dicom.readable import readable
from medmtl.dicom.series import Series
from medmtl.dicom.tags import text
from medmtl.dicom.vendor import PHILIPS, private_factor
from medmtl.errors import MedmtlError
from medmtl.records import Image

PHILIPS_SUV, PHILIPS_ACTIVITY = 0x00, 0x09  # factors from counts to SUV, and to activity [Bq/mL]
AGREE = 0.01  # of a factor: more between two statements of it is reported


@dataclass(frozen=True, slots=True, eq=False)
class SuvConversion:
    """The factor from the rescaled values to SUV per slice; the branch of the recipe that gave it; what it rests on.

    `constants` holds the numbers used (kg, Bq, s, m; `factor` of the first slice; `central_suv`), `notes` what a reader
    of the report should know.
    """

    factors: NDArray[np.float64]
    branch: str
    constants: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def to_suv(series: Series, overrides: SuvOverrides | None = None) -> tuple[Image, SuvConversion]:
    """Return the series in SUV [g/mL], float32, negative values as they are, and how it was converted.

    Raises MedmtlError, naming the series and the remedy, where a tag is missing or says what is not handled, or where
    the result cannot be SUV.
    """
    conversion = suv_conversion(series, overrides)
    suv = series.image.array.astype(np.float32) * conversion.factors.astype(np.float32)[:, None, None]
    try:
        central, notes = check_plausible(suv)
    except MedmtlError as error:
        raise _refuse(series, error) from error
    constants = {**conversion.constants, "central_suv": central}
    return Image(suv, series.image.grid), replace(conversion, constants=constants, notes=conversion.notes + notes)


def suv_conversion(series: Series, overrides: SuvOverrides | None = None) -> SuvConversion:
    """Return the conversion that the headers, and what stands in for them, call for."""
    with readable(series.folder, "the headers of the PET must be readable"):
        return _converted(series, overrides or NOTHING)


def _converted(series: Series, given: SuvOverrides) -> SuvConversion:
    try:
        check_pet(series.headers, series.files)
        units = text(series.headers[0], "Units").upper() or "none"
        if units not in _BRANCHES:
            raise MedmtlError(f"Units must be BQML, GML, CM2ML or CNTS. Found {units}")
        found = _BRANCHES[units](series.headers, given)
    except MedmtlError as error:
        raise _refuse(series, error) from error
    constants = {**found.constants, "factor": float(found.factors[0])}
    used = tuple(name for name in given.given if units in {"BQML", "CNTS"} or name in constants)
    told = (f"from the table: {', '.join(used)}",) if used and "Philips SUV" not in found.branch else ()
    return replace(found, constants=constants, notes=found.notes + told)


def _from_activity(headers: Sequence[Dataset], overrides: SuvOverrides) -> SuvConversion:
    """SUV = activity [Bq/mL] * weight [g] / dose [Bq], the dose decayed to when the activity is given for."""
    weight = weight_of(headers[0], overrides)
    decay = read_decay(headers, overrides)
    factors = weight * 1000 / (decay.dose_bq * decay.remaining)
    return SuvConversion(factors, f"BQML:{decay.branch}", {"weight_kg": weight, **decay.constants}, decay.notes)


def _from_mass(headers: Sequence[Dataset], overrides: SuvOverrides) -> SuvConversion:
    """SUV by another mass than the body's weight is turned by weight over that mass."""
    kind = text(headers[0], "SUVType").upper() or "BW"
    if kind == "BW":
        notes = ("the values are SUV already; weight and dose of the table are not used",) if overrides.given else ()
        return SuvConversion(np.ones(len(headers)), "GML:BW", {}, notes)
    if kind not in {"LBM", "LBMJAMES128", "LBMJANMA", "IBW"}:
        raise MedmtlError(f"SUVType must be BW, LBM, LBMJAMES128, LBMJANMA or IBW where Units are GML. Found {kind}")
    header = headers[0]
    body = Body(weight_of(header, overrides), height_of(header, overrides), sex_of(header, overrides))
    lean = body.lean(kind)
    constants = {"weight_kg": body.weight_kg, "height_m": body.height_m, "normalised_by_kg": lean}
    return SuvConversion(np.full(len(headers), body.weight_kg / lean), f"GML:{kind}:{body.sex}", constants)


def _from_surface(headers: Sequence[Dataset], overrides: SuvOverrides) -> SuvConversion:
    """SUV by the body's surface [cm²/mL] is turned by weight [g] over surface [cm²]."""
    kind = text(headers[0], "SUVType").upper() or "BSA"
    if kind != "BSA":
        raise MedmtlError(f"SUVType must be BSA where Units are CM2ML. Found {kind}")
    body = Body(weight_of(headers[0], overrides), height_of(headers[0], overrides), "O")
    factor = body.weight_kg * 1000 / (body.surface_m2 * 1e4)
    constants = {"weight_kg": body.weight_kg, "height_m": body.height_m, "surface_m2": body.surface_m2}
    return SuvConversion(np.full(len(headers), factor), "CM2ML:BSA", constants)


def _from_counts(headers: Sequence[Dataset], overrides: SuvOverrides) -> SuvConversion:
    """Philips writes counts, with factors to SUV and to activity in private elements; others are not known."""
    direct = np.array([private_factor(header, PHILIPS, PHILIPS_SUV) for header in headers])
    activity = np.array([private_factor(header, PHILIPS, PHILIPS_ACTIVITY) for header in headers])
    corrected = text(headers[0], "DecayCorrection") != "NONE"  # else the one factor cannot be right for all slices
    if direct.all() and corrected and not (overrides.given and activity.all()):
        told = (
            ("the scanner's own SUV factor is used; weight and dose of the table are not",) if overrides.given else ()
        )
        return SuvConversion(direct, "CNTS:Philips SUV", {}, told + _compared(direct, activity, headers))
    if not activity.all():
        raise MedmtlError("Units CNTS need Philips' private factor (7053,1000) or (7053,1009). Found neither")
    known = _from_activity(headers, overrides)
    constants = {**known.constants, "philips_factor": float(activity[0])}
    return replace(
        known, factors=known.factors * activity, branch=f"CNTS:Philips activity:{known.branch}", constants=constants
    )


def _compared(
    direct: NDArray[np.float64], activity: NDArray[np.float64], headers: Sequence[Dataset]
) -> tuple[str, ...]:
    """Return a note where the two factors of Philips tell different SUVs, as after a weight corrected later."""
    try:
        other = _from_activity(headers, NOTHING).factors * activity
    except MedmtlError:
        return ()
    apart = float(np.abs(other / direct - 1).max()) if activity.all() else 0.0
    return (f"Philips' two factors differ by {apart:.1%}; that for SUV is used",) if apart > AGREE else ()


def _refuse(series: Series, error: MedmtlError) -> MedmtlError:
    return MedmtlError(f"{series.folder}: {error}. The series cannot be turned into SUV.")


_BRANCHES = {"BQML": _from_activity, "GML": _from_mass, "CM2ML": _from_surface, "CNTS": _from_counts}
