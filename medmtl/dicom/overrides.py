"""What a table of the user's says of a PET, in place of the headers."""

from dataclasses import dataclass
from datetime import datetime, time

from medmtl.errors import MedmtlError

RANGES = {  # what a person and a tracer can have; beyond it the unit is wrong
    "weight_kg": (1.0, 500.0),
    "dose_bq": (1e5, 1e11),
    "half_life_s": (60.0, 1e6),
    "height_m": (0.3, 2.6),
}
SEXES = ("M", "F", "O")


@dataclass(frozen=True, slots=True)
class SuvOverrides:
    """What stands in for the headers; None leaves a value to them. Raises MedmtlError for a value of another unit.

    `injection_time` without a date is taken on the day of the acquisition, or on the day before where it is later; with
    a date it is local time, as in the headers. `sex` is M, F or O.
    """

    weight_kg: float | None = None
    dose_bq: float | None = None
    half_life_s: float | None = None
    injection_time: datetime | time | None = None
    height_m: float | None = None
    sex: str | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise MedmtlError(f"{name} must be {low:g} to {high:g}. Found {value:g}: is it in another unit?")
        if self.sex is not None and self.sex not in SEXES:
            raise MedmtlError(f"sex must be M, F or O. Found {self.sex!r}.")
        if self.injection_time is not None and self.injection_time.tzinfo is not None:
            raise MedmtlError("injection_time must be local time, as the headers'. Found one with a time zone.")

    @property
    def given(self) -> tuple[str, ...]:
        """The names of what is given."""
        names = (*RANGES, "injection_time", "sex")
        return tuple(name for name in names if getattr(self, name) is not None)


NOTHING = SuvOverrides()
