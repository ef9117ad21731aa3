"""Reads DICOM's dates and clock times as moments of one local clock."""

import re
from datetime import datetime, timedelta

from pydicom import Dataset

from medmtl.dicom.tags import text
from medmtl.errors import MedmtlError

_MOMENT = re.compile(r"\d{8} \d{6}(\.\d{0,6})?")  # a date and a clock time, neither cut short
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})")
DATES = ("AcquisitionDate", "SeriesDate", "ContentDate", "StudyDate")  # the nearest to the acquisition first


def moment(date: str, clock: str, what: str) -> datetime:
    """Return the moment of YYYYMMDD and HHMMSS[.ffffff]; raises MedmtlError, naming `what`, for anything else."""
    found = f"{what} must be YYYYMMDD and HHMMSS. Found {date!r} and {clock!r}"
    if not _MOMENT.fullmatch(f"{date} {clock}"):  # strptime would read 0930 as 09:03:00
        raise MedmtlError(found)
    whole, _, fraction = clock.partition(".")
    try:
        return datetime.strptime(date + whole, "%Y%m%d%H%M%S") + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError as error:
        raise MedmtlError(found) from error


def stamp(value: str, header: Dataset, what: str) -> datetime:
    """Return the moment of YYYYMMDDHHMMSS[.ffffff][+ZZZZ] on the local clock of the series.

    An offset from UTC is turned into that of TimezoneOffsetFromUTC; where the series has none, the stamp's own clock
    is the local one, as both are written by one scanner.
    """
    plain = value[:14] + (re.match(r"[.\d]*", value[14:]) or [""])[0]
    offset, local = value[len(plain) :].strip(), text(header, "TimezoneOffsetFromUTC")
    found = moment(plain[:8], plain[8:], what)
    shift = _offset(offset, what) if offset else None
    return found if shift is None or not local else found - shift + _offset(local, "TimezoneOffsetFromUTC")


def acquired(header: Dataset) -> datetime:
    """Return when the acquisition of a slice began; where its date was removed, on the series' or the study's date."""
    whole = text(header, "AcquisitionDateTime")
    if not text(header, "AcquisitionTime") and whole:
        return stamp(whole, header, "AcquisitionDateTime")
    return moment(_date(header), text(header, "AcquisitionTime"), "Dates and times (AcquisitionDate, AcquisitionTime)")


def series_began(header: Dataset) -> datetime | None:
    """Return SeriesDate and SeriesTime, or None where the time is absent."""
    clock = text(header, "SeriesTime")
    date = text(header, "SeriesDate") or _date(header)
    return moment(date, clock, "Dates and times (SeriesDate, SeriesTime)") if clock else None


def last_before(clock: str, latest: datetime, what: str) -> datetime:
    """Return the clock time on the day of `latest`, or on the day before where it would be later."""
    same_day = moment(latest.strftime("%Y%m%d"), clock, what)
    return same_day if same_day <= latest else same_day - timedelta(days=1)


def _date(header: Dataset) -> str:
    return next((text(header, name) for name in DATES if text(header, name)), "")


def _offset(value: str, what: str) -> timedelta:
    match = _OFFSET.fullmatch(value)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        raise MedmtlError(f"The offset of {what} from UTC must be +HHMM or -HHMM. Found {value!r}")
    sign = -1 if match[1] == "-" else 1
    return sign * timedelta(hours=int(match[2]), minutes=int(match[3]))
