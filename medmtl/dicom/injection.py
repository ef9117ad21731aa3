"""When the tracer was injected."""

from datetime import datetime, timedelta

from pydicom import Dataset

from medmtl.dicom.clock import last_before, stamp
from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.tags import text
from medmtl.dicom.tracer import Tracer
from medmtl.dicom.vendor import GE, private_text
from medmtl.errors import MedmtlError

LONGEST_HALF_LIVES = 6.0  # of uptake time: more is a wrong clock
DAY = timedelta(days=1)
DIFFERENT_S = 60.0  # between two statements of one moment
GE_ADMINISTERED = 0x3B
REMEDY = "give injection_time in the table of endpoints"


def read_injection(
    header: Dataset, tracer: Tracer, earliest: datetime, overrides: SuvOverrides
) -> tuple[datetime, tuple[str, ...]]:
    """Return the moment of injection and notes; `earliest` is when the first slice was acquired.

    The order: the overrides, RadiopharmaceuticalStartDateTime, RadiopharmaceuticalStartTime on the day of acquisition
    or the one before (midnight), GE's private time. A date that is off (more than 6 half-lives before, or after the
    acquisition) is set right by the clock time where only one day can be meant. Raises MedmtlError where no time is
    given or none fits.
    """
    given = overrides.injection_time
    if isinstance(given, datetime):
        return given, ()
    if given is not None:
        return _by_clock(given.strftime("%H%M%S.%f"), tracer, earliest), ()
    whole = text(tracer.item, "RadiopharmaceuticalStartDateTime")
    clock = text(tracer.item, "RadiopharmaceuticalStartTime")
    if 8 <= len(whole) < 14 and clock:  # a date without a clock
        whole = whole[:8] + clock
    if whole:
        return _by_date(whole, clock, header, tracer, earliest)
    if clock:
        return _by_clock(clock, tracer, earliest), ()
    private = private_text(header, GE, GE_ADMINISTERED)
    if private:
        return stamp(private, header, "GE's private time of administration"), ("injection from GE's private time",)
    raise MedmtlError(f"RadiopharmaceuticalStartDateTime or StartTime must be given. Found neither; {REMEDY}")


def check_uptake(uptake_s: float, half_life_s: float) -> None:
    """Raise MedmtlError unless the tracer was injected 0 to 6 half-lives before the time of the activity."""
    if not 0 <= uptake_s <= LONGEST_HALF_LIVES * half_life_s:
        found = f"{uptake_s:.0f} s of {half_life_s:.0f} s"
        raise MedmtlError(f"The uptake time must be 0 to {LONGEST_HALF_LIVES:g} half-lives. Found {found}; {REMEDY}")


def _by_date(
    whole: str, clock: str, header: Dataset, tracer: Tracer, earliest: datetime
) -> tuple[datetime, tuple[str, ...]]:
    found = stamp(whole, header, "RadiopharmaceuticalStartDateTime")
    own_clock = found.strftime("%H%M%S.%f")
    differs = bool(clock) and not _same_clock(found, last_before(clock, earliest, "RadiopharmaceuticalStartTime"))
    if _fits(found, tracer, earliest):
        note = "RadiopharmaceuticalStartTime differs from RadiopharmaceuticalStartDateTime, which is used"
        return found, ((note,) if differs else ())
    if differs or _is_long_lived(tracer):  # then the date alone cannot be what is wrong, or cannot be told
        return found, ()
    mended = last_before(own_clock, earliest, "RadiopharmaceuticalStartDateTime")
    if not _fits(mended, tracer, earliest):
        return found, ()
    return mended, (f"the date of RadiopharmaceuticalStartDateTime ({found:%Y-%m-%d}) does not fit; its clock is used",)


def _by_clock(clock: str, tracer: Tracer, earliest: datetime) -> datetime:
    if _is_long_lived(tracer):
        raise MedmtlError(
            f"A tracer of {tracer.half_life_s / 3600:.1f} h half-life needs the date of its injection. "
            f"Found a clock time; {REMEDY}, with its date"
        )
    return last_before(clock, earliest, "RadiopharmaceuticalStartTime")


def _fits(found: datetime, tracer: Tracer, earliest: datetime) -> bool:
    return 0 <= (earliest - found).total_seconds() <= LONGEST_HALF_LIVES * tracer.half_life_s


def _same_clock(first: datetime, second: datetime) -> bool:
    apart = abs((first - second).total_seconds()) % DAY.total_seconds()
    return min(apart, DAY.total_seconds() - apart) <= DIFFERENT_S


def _is_long_lived(tracer: Tracer) -> bool:
    """Whether an uptake a day longer would be plausible too, so that a clock time tells no moment."""
    return LONGEST_HALF_LIVES * tracer.half_life_s >= DAY.total_seconds()
