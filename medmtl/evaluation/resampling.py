"""Concordance under many weightings of the cases at once: what the bootstrap needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.outcomes import Outcomes, check_finite
from medmtl.evaluation.pair_sums import pair_sums

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]
MAX_TABLE = 4000  # cases; a larger table of pairs takes more than 128 MB, and sorting per resample is no slower


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which case of a pair had the event first, [events, n]: row first, column later; `events` [events] are positions.

    `comparable` is 1 where that is known. `concordant` is 1 where, besides, the first has the larger risk, and 0.5
    where the two risks are equal. Halves and counts of cases are exact in single precision.
    """

    events: NDArray[np.int64]
    comparable: Float32s
    concordant: Float32s

    def resampled(self, counts: Floats, first: Floats | None = None) -> Floats:
        """Return the concordance [resamples] with each case counted `counts` times; NaN where no pair is comparable.

        `first` [resamples, n] weighs a pair by its earlier case. A case drawn twice is no pair with itself: the
        diagonal is 0, as two equal cases are not comparable.
        """
        single = counts.astype(np.float32)
        mass = (counts if first is None else counts * first)[:, self.events]
        agreed = np.einsum("bn,bn->b", single @ self.concordant.T, mass)
        total = np.einsum("bn,bn->b", single @ self.comparable.T, mass)
        found: Floats = np.divide(agreed, total, out=np.full(len(counts), np.nan), where=total > 0)
        return found


def resampled_concordance(outcomes: Outcomes, risk: Floats, counts: Floats, first: Floats | None = None) -> Floats:
    """Return the concordance [resamples] of cases counted `counts` [resamples, n] times; NaN where it is undefined."""
    if outcomes.n <= MAX_TABLE:
        return pair_table(outcomes, risk).resampled(counts * outcomes.weights, first)
    factors = [None] * len(counts) if first is None else [*first]
    return np.array([_weighted(outcomes, risk, row, one) for row, one in zip(counts, factors, strict=True)])


def pair_table(outcomes: Outcomes, risk: Floats) -> Pairs:
    """Compare every case that had the event with every other. Raises MedmtlError for a risk that is not finite."""
    check_finite("risk", risk)
    time, events = outcomes.time_days, np.flatnonzero(outcomes.event)
    comparable = time[events, None] < time[None, :]
    comparable |= (time[events, None] == time[None, :]) & ~outcomes.event[None, :]
    if outcomes.fold is not None:
        comparable &= outcomes.fold[events, None] == outcomes.fold[None, :]
    ordered = (risk[events, None] > risk[None, :]) + np.float32(0.5) * (risk[events, None] == risk[None, :])
    return Pairs(events, comparable.astype(np.float32), comparable * ordered)


def _weighted(outcomes: Outcomes, risk: Floats, counts: Floats, first: Floats | None) -> float:
    drawn = counts > 0
    some = outcomes.take(drawn)
    part = Outcomes(some.time_days, some.event, some.fold, counts[drawn] * some.weights)
    estimate = pair_sums(part, risk[drawn], None if first is None else first[drawn]).estimate
    return np.nan if estimate is None else estimate
