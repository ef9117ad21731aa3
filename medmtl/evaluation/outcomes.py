"""What was observed of the cases that a measure looks at, checked once for all measures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Times [days], events and, where given, the fold (or stratum) and the weight of n cases.

    Pairs are compared within a fold only, since the risks of two models differ by an unknown constant. A weight is how
    often a case counts; without weights each counts once. Raises MedmtlError where a time or a weight is not finite, a
    weight is negative, or the lengths differ.
    """

    time_days: Floats
    event: NDArray[np.bool_]
    fold: NDArray[np.generic] | None = None
    weight: Floats | None = None

    def __post_init__(self) -> None:
        check_finite("time", self.time_days)
        if self.weight is not None:
            check_finite("weight", self.weight)
            check_not_negative("weight", self.weight)
        if self.event.dtype != np.bool_:
            raise MedmtlError(f"Events must be true or false. Found values of type {self.event.dtype}.")
        for name in ("event", "fold", "weight"):
            self._check_length(name)

    def _check_length(self, name: str) -> None:
        values = getattr(self, name)
        if values is not None and values.shape != self.time_days.shape:
            found = f"{values.shape} for {self.time_days.shape} times"
            raise MedmtlError(f"Every case must have one {name}. Found {found}.")

    @property
    def n(self) -> int:
        """How many cases there are."""
        return len(self.time_days)

    @property
    def weights(self) -> Floats:
        """The weight of each case, 1 where none is given."""
        return np.ones(self.n) if self.weight is None else np.asarray(self.weight, dtype=float)

    @property
    def last_days(self) -> float:
        """The longest time of any case [days]; 0 without a case."""
        return float(self.time_days.max()) if self.n else 0.0

    def take(self, chosen: NDArray[np.generic]) -> "Outcomes":
        """Return these cases, by position or by a mask of booleans."""
        fold = None if self.fold is None else self.fold[chosen]
        weight = None if self.weight is None else self.weight[chosen]
        return Outcomes(self.time_days[chosen], self.event[chosen], fold, weight)


def check_finite(what: str, values: Floats) -> None:
    """Raise MedmtlError for the first value that is NaN or infinite, by its position."""
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise MedmtlError(
            f"Every {what} must be a finite number. Found {np.ravel(values)[wrong[0]]} at position {wrong[0]}."
        )


def check_not_negative(what: str, values: Floats) -> None:
    """Raise MedmtlError for the first value below 0, by its position."""
    wrong = np.flatnonzero(values < 0)
    if wrong.size:
        raise MedmtlError(f"Every {what} must be 0 or more. Found {values[wrong[0]]} at position {wrong[0]}.")


def check_probabilities(what: str, values: Floats) -> None:
    """Raise MedmtlError for the first value that is not a probability, by its position."""
    check_finite(what, values)
    wrong = np.flatnonzero((values < 0) | (values > 1))
    if wrong.size:
        raise MedmtlError(
            f"Every {what} must lie within 0 and 1. Found {np.ravel(values)[wrong[0]]} at position {wrong[0]}."
        )
