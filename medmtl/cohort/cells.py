"""Reads what a clinic writes into one cell: a number, an event, a day; what can be read in two ways is refused."""

import re
from datetime import date, datetime, time

from medmtl.errors import MedmtlError

MISSING = frozenset(  # in lower case; `none` and `unknown` are not among them, since both are levels somewhere
    (
        "",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "nat",
        "null",
        "-",
        "--",
        "---",
        ".",
        "?",
        "#n/a",
        "#nv",
        "#value!",
        "<na>",
        "missing",
    )
)
OBSERVED = frozenset(("1", "1.0", "1,0", "yes", "y", "true", "event", "dead", "deceased", "1:deceased", "1:event"))
CENSORED = frozenset(("0", "0.0", "0,0", "no", "n", "false", "censored", "alive", "living", "0:living", "0:censored"))
LONGEST_DAYS = 40_000.0  # 109 years: more is a calendar date as a spreadsheet counts it
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_POINTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")  # beside decimal commas, thousands and no decimals
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_DATES = (  # a dot means that the day comes first, everywhere; a slash does not
    (re.compile(r"\d{4}-\d{1,2}-\d{1,2}"), "%Y-%m-%d"),
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}"), "%Y/%m/%d"),
    (re.compile(r"(19|20)\d{6}"), "%Y%m%d"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_CLOCK = re.compile(r"[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$")
_DICOM_CLOCK = re.compile(r"\d{6}(\.\d+)?")


def known(cell: str | None) -> str | None:
    """Return the cell without outer blanks; None where it is empty or a word for a missing value (`MISSING`)."""
    text = " ".join((cell or "").split())
    return None if text.lower() in MISSING else text


def read_number(cell: str, decimal: str) -> float:
    """Return the number of a cell whose table writes decimals with `decimal`, a point or a comma.

    Raises MedmtlError for anything else, such as a unit or a thousands separator.
    """
    if decimal == "," and _COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    if _PLAIN.fullmatch(cell) and not (decimal == "," and _POINTED_THOUSANDS.fullmatch(cell)):
        return float(cell)
    raise MedmtlError(f"a plain number must stand here, decimals with {decimal!r}. Found {cell!r}")


def read_event(cell: str) -> bool:
    """Return whether the event was observed, of the spellings `OBSERVED` and `CENSORED`, whatever their case."""
    word = cell.lower()
    if word in OBSERVED or word in CENSORED:
        return word in OBSERVED
    raise MedmtlError(f"an event must be 1 (observed) or 0 (censored), or yes or no. Found {cell!r}; recode the column")


def read_days(cell: str, decimal: str) -> float:
    """Return a time [days], 0 or more. Raises MedmtlError for a date, which is no time until it has an origin."""
    if looks_like_date(cell):
        raise MedmtlError(
            f"a number of days must stand here. Found the date {cell!r}; name the columns of both dates instead"
        )
    days = read_number(cell, decimal)
    if not 0 <= days <= LONGEST_DAYS:
        raise MedmtlError(f"a number of days must be 0 to {LONGEST_DAYS:.0f}. Found {cell!r}")
    return days


def read_date(cell: str) -> date:
    """Return a day; 2021-04-03, 2021/04/03, 20210403 and 03.04.2021 are read.

    With slashes, day and month are told apart only where one of them is above 12; otherwise MedmtlError asks for ISO.
    """
    day = _CLOCK.sub("", cell)
    for pattern, form in _DATES:
        if pattern.fullmatch(day):
            return _day(day, form, cell)
    if slashed := _SLASHED.fullmatch(day):
        return _slashed(slashed[1], slashed[2], slashed[3], cell)
    raise MedmtlError(f"a date must be written as YYYY-MM-DD. Found {cell!r}")


def read_days_between(start: str, end: str) -> float:
    """Return the days from one date to another; raise MedmtlError where the end is the earlier."""
    days = (read_date(end) - read_date(start)).days
    if days < 0:
        raise MedmtlError(f"the end must not lie before the start. Found {start!r} to {end!r}")
    return float(days)


def read_moment(cell: str) -> datetime | time:
    """Return a clock time (10:30, 10:30:15, 103015), with its day where the cell has one (2021-04-03 10:30)."""
    found = _CLOCK.search(" " + cell) or _DICOM_CLOCK.fullmatch(cell)
    if found is None:
        raise MedmtlError(f"a time must be written as HH:MM:SS or YYYY-MM-DD HH:MM:SS. Found {cell!r}")
    digits = "".join(sign for sign in found[0].partition(".")[0] if sign.isdigit()).ljust(6, "0")
    try:
        clock = datetime.strptime(digits, "%H%M%S").time()
    except ValueError as error:
        raise MedmtlError(f"a time must exist on the clock. Found {cell!r}") from error
    return datetime.combine(read_date(cell), clock) if len(cell) > len(found[0]) else clock


def looks_like_date(cell: str) -> bool:
    """Say whether the cell is written as a date in one of the ways that are read, or with slashes."""
    day = _CLOCK.sub("", cell)
    return bool(_SLASHED.fullmatch(day)) or any(pattern.fullmatch(day) for pattern, _ in _DATES)


def _day(text: str, form: str, cell: str) -> date:
    try:
        return datetime.strptime(text, form).date()
    except ValueError as error:
        raise MedmtlError(f"a date must exist in the calendar. Found {cell!r}") from error


def _slashed(first: str, second: str, year: str, cell: str) -> date:
    if first != second and int(first) <= 12 and int(second) <= 12:
        raise MedmtlError(f"a date must be written as YYYY-MM-DD. Found {cell!r}, of which day and month are unclear")
    form = "%d/%m/%Y" if int(second) <= 12 else "%m/%d/%Y"
    return _day(f"{first}/{second}/{year}", form, cell)
