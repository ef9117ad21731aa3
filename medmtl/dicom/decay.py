"""How much of the injected dose was left at the time for which a PET series gives its activity."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from pydicom import Dataset

from medmtl.dicom.series import Series
from medmtl.errors import MedmtlError

HALF_LIVES_S = {"C-111A1": 6586.2, "C-131A3": 4057.7}  # F-18 and Ga-68 by SNOMED code, where the header gives no number
MEGABECQUEREL_BELOW = 1e4  # doses cluster at 4e2 (in MBq) and 4e8 (in Bq); nothing lies between
LONGEST_HALF_LIVES = 6.0  # of uptake time: more is a wrong clock
_MOMENT = re.compile(r"\d{8} \d{6}(\.\d*)?")  # a date and a clock time, neither cut short
AGREEMENT_S = 60.0  # between the slices' reference times; 1 % of F-18 decays in 95 s


@dataclass(frozen=True, slots=True)
class Decay:
    """The injected dose [Bq], what remains of it (0 to 1), the branch taken, and the numbers behind."""

    dose_bq: float
    remaining: float
    branch: str
    constants: Mapping[str, float]


def read_decay(series: Series) -> Decay:
    """Return the decay between injection and the time for which the activity is given (DecayCorrection).

    Raises MedmtlError where dose, half-life or a time is missing or implausible.
    """
    correction = str(series.headers[0].get("DecayCorrection", "none"))
    if correction not in {"ADMIN", "START"}:
        raise _refuse(series, f"DecayCorrection must be ADMIN or START. Found {correction}")
    tracer = _tracer(series)
    dose, half_life = _dose(tracer, series), _half_life(tracer, series)
    known = {"dose_bq": dose, "half_life_s": half_life}
    if correction == "ADMIN":
        return Decay(dose, 1.0, "ADMIN", known)
    reference, branch = _reference(series, np.log(2) / half_life)
    uptake = (reference - _injection(tracer, series)).total_seconds()
    if not 0 <= uptake <= LONGEST_HALF_LIVES * half_life:
        raise _refuse(series, f"the uptake time must be 0 to {LONGEST_HALF_LIVES:g} half-lives. Found {uptake:.0f} s")
    return Decay(dose, float(0.5 ** (uptake / half_life)), f"START:{branch}", {**known, "uptake_s": uptake})


def _tracer(series: Series) -> Dataset:
    sequence = series.headers[0].get("RadiopharmaceuticalInformationSequence", None)
    if not sequence or len(sequence) != 1:
        raise _refuse(series, "RadiopharmaceuticalInformationSequence must have one item. Found none or several")
    tracer: Dataset = sequence[0]
    return tracer


def _dose(tracer: Dataset, series: Series) -> float:
    dose = float(tracer.get("RadionuclideTotalDose", None) or 0)
    if dose <= 0:
        raise _refuse(series, "RadionuclideTotalDose must be given. Found none")
    return dose * 1e6 if dose < MEGABECQUEREL_BELOW else dose


def _half_life(tracer: Dataset, series: Series) -> float:
    given = float(tracer.get("RadionuclideHalfLife", None) or 0)
    codes = [str(item.get("CodeValue", "")) for item in tracer.get("RadionuclideCodeSequence", None) or []]
    known = [given] if given > 0 else [HALF_LIVES_S[code] for code in codes if code in HALF_LIVES_S]
    if not known:
        raise _refuse(series, "RadionuclideHalfLife or a known RadionuclideCodeSequence must be given. Found neither")
    return known[0]


def _injection(tracer: Dataset, series: Series) -> datetime:
    """Return the injection's time; one that has a clock time only may lie before midnight."""
    stamp = str(tracer.get("RadiopharmaceuticalStartDateTime", "") or "")
    if stamp:
        return _moment(stamp[:8], stamp[8:], series)
    clock = str(tracer.get("RadiopharmaceuticalStartTime", "") or "")
    if not clock:
        raise _refuse(series, "RadiopharmaceuticalStartDateTime or StartTime must be given. Found neither")
    acquired = min(_acquired(header, series) for header in series.headers)
    same_day = _moment(acquired.strftime("%Y%m%d"), clock, series)
    return same_day if same_day <= acquired else same_day - timedelta(days=1)


def _reference(series: Series, rate: float) -> tuple[datetime, str]:
    """Return the time that the decay is corrected to: from the frames where they tell, else the series' start.

    The series' own time is changed by post-processing, so that it serves only where it is not after the acquisition.
    """
    frames = [_from_frame(header, series, rate) for header in series.headers]
    known = sorted(frame for frame in frames if frame is not None)
    if len(known) == len(frames):
        if (known[-1] - known[0]).total_seconds() > AGREEMENT_S:
            raise _refuse(series, "the slices' frame times must lead to one reference time. Found several")
        return known[len(known) // 2], "frames"
    header = series.headers[0]
    start = _moment(str(header.get("SeriesDate", "")), str(header.get("SeriesTime", "")), series)
    if start > min(_acquired(each, series) for each in series.headers):
        raise _refuse(series, "SeriesTime must not be after AcquisitionTime where frames tell no time. Found it later")
    return start, "series"


def _from_frame(header: Dataset, series: Series, rate: float) -> datetime | None:
    """Go from the acquisition to the moment of its mean activity, then back by FrameReferenceTime [ms]."""
    offset = float(header.get("FrameReferenceTime", None) or 0) / 1000
    duration = float(header.get("ActualFrameDuration", None) or 0) / 1000
    if offset <= 0 or duration <= 0:  # a mean activity at 0 s cannot be: some exports write 0 for unknown
        return None
    decays = rate * duration
    mean_activity = np.log(decays / -np.expm1(-decays)) / rate
    return _acquired(header, series) + timedelta(seconds=float(mean_activity) - offset)


def _acquired(header: Dataset, series: Series) -> datetime:
    return _moment(str(header.get("AcquisitionDate", "")), str(header.get("AcquisitionTime", "")), series)


def _moment(date: str, clock: str, series: Series) -> datetime:
    """Return the local time of YYYYMMDD and HHMMSS[.ffffff]; an offset from UTC is refused, as the others have none."""
    refusal = _refuse(series, f"times must be YYYYMMDD and HHMMSS. Found {date!r} and {clock!r}")
    if not _MOMENT.fullmatch(f"{date} {clock}"):  # strptime would read 0930 as 09:03:00
        raise refusal
    whole, _, fraction = clock.partition(".")
    try:
        return datetime.strptime(date + whole, "%Y%m%d%H%M%S") + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError as error:
        raise refusal from error


def _refuse(series: Series, reason: str) -> MedmtlError:
    return MedmtlError(f"{series.folder}: {reason}. The series cannot be turned into SUV.")
