"""The moment to which a PET with DecayCorrection START is corrected.

The standard says the start of the acquisition; which one, vendors tell in their own ways. SeriesTime is changed by
post-processing and de-identification, so that it comes last (IBSI-SUV manual).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from pydicom import Dataset

from medmtl.dicom.clock import last_before, series_began, stamp
from medmtl.dicom.injection import LONGEST_HALF_LIVES
from medmtl.dicom.tags import number, positive, text
from medmtl.dicom.vendor import GE, SIEMENS, private_text
from medmtl.errors import MedmtlError

AGREEMENT_S = 60.0  # between the slices' reference times; 1 % of F-18 decays in 95 s
GE_SCAN, SIEMENS_DECAY = 0x0D, 0x22  # (0009,xx0D) PET scan_datetime, (0071,xx22) the time of decay correction
_CLOCK = re.compile(r"\d{6}(\.\d*)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """The moment, the branch by which it was found, and what to report."""

    moment: datetime
    branch: str
    notes: tuple[str, ...] = ()


def read_reference(headers: Sequence[Dataset], acquired: Sequence[datetime], rate: float) -> Reference:
    """Return the reference; `rate` is the decay constant [1/s], `acquired` when each slice's acquisition began.

    The order: the private time of GE or Siemens; what the frame times lead to; the series' time. Each must not lie
    after the earliest acquisition. Raises MedmtlError where none of them tells.
    """
    earliest = min(acquired)
    private, notes = _private(headers[0], earliest, rate)
    if private is not None:
        return private
    frames = _from_frames(headers, acquired, rate)
    series = series_began(headers[0])
    if frames is not None:
        apart = 0.0 if series is None or series > earliest else abs((series - frames.moment).total_seconds())
        late = (f"SeriesTime is {apart:.0f} s from what the frame times lead to",) if apart > AGREEMENT_S else ()
        return Reference(frames.moment, frames.branch, notes + late)
    if series is None or series > earliest:
        raise MedmtlError(
            "SeriesTime must not be after AcquisitionTime where frames tell no time. Found it later or none"
        )
    return Reference(series, "series", notes)


def _private(header: Dataset, earliest: datetime, rate: float) -> tuple[Reference | None, tuple[str, ...]]:
    """Return the vendor's own time, or None and why it is not believed."""
    vendors = (("GE", GE, GE_SCAN, _is_ge(header)), ("Siemens", SIEMENS, SIEMENS_DECAY, _is_siemens(header)))
    for name, owner, element, by_vendor in vendors:
        value = private_text(header, owner, element, by_vendor)
        if not value:
            continue
        what = f"{name}'s private time ({owner[0]:04x},xx{element:02x})"
        try:
            moment = last_before(value, earliest, what) if _CLOCK.fullmatch(value) else stamp(value, header, what)
        except MedmtlError as error:
            return None, (f"not used: {error}",)
        before = (earliest - moment).total_seconds()
        if -AGREEMENT_S <= before <= LONGEST_HALF_LIVES * np.log(2) / rate:
            return Reference(moment, name), ()
        return None, (f"{what} is not used, as {moment} does not fit the acquisition at {earliest}",)
    return None, ()


def _from_frames(headers: Sequence[Dataset], acquired: Sequence[datetime], rate: float) -> Reference | None:
    """Return the time that all frames lead to, or None where a frame tells none."""
    by_ge = _is_ge(headers[0])
    read, branch = (_from_start, "GE frames") if by_ge else (_from_mean_activity, "frames")
    found = [read(header, start, rate) for header, start in zip(headers, acquired, strict=True)]
    known = sorted(moment for moment in found if moment is not None)
    if len(known) < len(found) or (by_ge and not any(number(header, "FrameReferenceTime") for header in headers)):
        return None
    if (known[-1] - known[0]).total_seconds() > AGREEMENT_S:
        raise MedmtlError(
            f"The slices' frame times must lead to one reference time. Found several, {known[0]} to {known[-1]}"
        )
    return Reference(known[len(known) // 2], branch)


def _from_start(header: Dataset, start: datetime, _: float) -> datetime | None:
    """GE counts FrameReferenceTime [ms] to the start of the frame."""
    offset = number(header, "FrameReferenceTime")
    return None if offset is None else start - timedelta(seconds=offset / 1000)


def _from_mean_activity(header: Dataset, start: datetime, rate: float) -> datetime | None:
    """Others count FrameReferenceTime [ms] to the moment of the frame's mean activity (DICOM PS3.3 C.8.9.4.1.5)."""
    offset, duration = positive(header, "FrameReferenceTime"), positive(header, "ActualFrameDuration")
    if offset is None or duration is None:  # a mean activity at 0 s cannot be: some exports write 0 for unknown
        return None
    decays = rate * duration / 1000
    mean_activity = float(np.log(decays / -np.expm1(-decays)) / rate)
    return start + timedelta(seconds=mean_activity - offset / 1000)


def _is_ge(header: Dataset) -> bool:
    return re.match(r"GE\b|GENERAL ELECTRIC", text(header, "Manufacturer").upper()) is not None


def _is_siemens(header: Dataset) -> bool:
    return re.search(r"SIEMENS|\bCPS\b|\bCTI\b", text(header, "Manufacturer").upper()) is not None
