"""The moment to which a PET with DecayCorrection START is corrected.

The standard says the start of the acquisition; which one, vendors tell in their own ways. SeriesTime is changed by
post-processing and de-identification, so that it comes last (IBSI-SUV manual).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom import Dataset

from medmtl.dicom.clock import last_before, series_began, stamp
from medmtl.dicom.frame_time import AGREEMENT_S, from_frames
from medmtl.dicom.injection import LONGEST_HALF_LIVES
from medmtl.dicom.tags import text
from medmtl.dicom.vendor import GE, SIEMENS, private_text
from medmtl.errors import MedmtlError

GE_SCAN, SIEMENS_DECAY = 0x0D, 0x22  # (0009,xx0D) PET scan_datetime, (0071,xx22) the time of decay correction
_MAKER = re.compile(
    r"\bGE\b|GENERAL ELECTRIC|SIEMENS|\bCPS\b|\bCTI\b|PHILIPS|\bUIH\b|UNITED|CANON|TOSHIBA|MEDISO|HITACHI"
)
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
    series = series_began(headers[0])
    believed = series if series is not None and series <= earliest else None
    frames = from_frames(headers, acquired, rate, believed, _is_ge(headers[0]))
    if frames is not None:
        moment, branch = frames
        apart = 0.0 if believed is None else abs((believed - moment).total_seconds())
        other = (f"SeriesTime is {apart:.0f} s from what the frame times lead to",) if apart > AGREEMENT_S else ()
        return Reference(moment, branch, notes + other)
    if believed is None:
        raise MedmtlError(
            "SeriesTime must not be after AcquisitionTime where frames tell no time. Found it later or none"
        )
    return Reference(believed, "series", notes)


def _private(header: Dataset, earliest: datetime, rate: float) -> tuple[Reference | None, tuple[str, ...]]:
    """Return the vendor's own time, or None and why it is not believed."""
    unknown = not _MAKER.search(text(header, "Manufacturer").upper())
    vendors = (
        ("GE", GE, GE_SCAN, unknown or _is_ge(header)),
        ("Siemens", SIEMENS, SIEMENS_DECAY, unknown or _is_siemens(header)),
    )
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


def _is_ge(header: Dataset) -> bool:
    return re.match(r"GE\b|GENERAL ELECTRIC", text(header, "Manufacturer").upper()) is not None


def _is_siemens(header: Dataset) -> bool:
    return re.search(r"SIEMENS|\bCPS\b|\bCTI\b", text(header, "Manufacturer").upper()) is not None
