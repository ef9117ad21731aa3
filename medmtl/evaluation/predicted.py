"""What a model predicts of cases it did not see: their risks, and their survival at a set of times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Log hazards [n], larger is worse, and survival probabilities [n, times] at distinct ascending times [days].

    NaN stands where the cases that the model was fitted on were not followed.
    """

    risk: Floats
    times_days: Floats
    survival: Floats

    def __post_init__(self) -> None:
        if self.survival.shape != (len(self.risk), len(self.times_days)):
            raise MedmtlError(
                f"Survival must be known per case and time, {(len(self.risk), len(self.times_days))}. "
                f"Found {self.survival.shape}."
            )

    def at(self, days: float) -> Floats | None:
        """Return the survival [n] at one of the times; None where it is not known of every case."""
        column = self.survival[:, int(np.searchsorted(self.times_days, days))]
        return column if np.isfinite(column).all() else None

    def known(self, times_days: Floats) -> Floats:
        """Return those of the times at which the survival of every case is known."""
        return times_days[[self.at(float(days)) is not None for days in times_days]]

    def at_own(self, own_days: Floats) -> Floats:
        """Return each case's survival [n] at its own time, which must be one of the times; NaN where not known."""
        own: Floats = self.survival[np.arange(len(own_days)), np.searchsorted(self.times_days, own_days)]
        return own


def needed_times(own_days: Floats, horizons_days: tuple[float, ...]) -> Floats:
    """Return the times [days] at which the survival of cases must be known to score it: their own and the horizons."""
    return np.unique(np.concatenate([own_days, horizons_days]))
