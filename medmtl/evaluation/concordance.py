"""Harrell's C: how often, of two cases, the one with the larger risk has the event first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.bootstrap import percentile_interval, resample_counts
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Concordance:
    """Harrell's C in [0, 1], larger is better; None where no pair is comparable."""

    estimate: float | None
    pairs: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which case of a pair had the event first, [n, n]: row first, column later.

    `comparable` is 1 where that is known. `concordant` is 1 where, besides, the first has the larger risk, and 0.5
    where the two risks are equal.
    """

    comparable: Floats
    concordant: Floats

    @property
    def estimate(self) -> float | None:
        """Harrell's C over all pairs."""
        total = self.comparable.sum()
        return float(self.concordant.sum() / total) if total else None

    def resampled(self, counts: Floats) -> Floats:
        """Return Harrell's C [resamples] with each case counted `counts` times; NaN where no pair is comparable.

        A case drawn twice is no pair with itself: the diagonal is 0, as two equal cases are not comparable.
        """
        agreed = np.einsum("bn,bn->b", counts @ self.concordant, counts)
        total = np.einsum("bn,bn->b", counts @ self.comparable, counts)
        return np.where(total > 0, agreed / np.maximum(total, 1.0), np.nan)


def harrell_c(
    time_days: Floats, event: NDArray[np.bool_], risk: Floats, fold: NDArray[np.int_] | None = None
) -> Concordance:
    """Return Harrell's C of `risk` [n], larger is worse, over the comparable pairs.

    A pair is comparable when the shorter time ends in an event. An event precedes a censoring of the same time; two
    events of the same time are not compared. Equal risks count 0.5. With `fold` [n], the number of the model that held
    the case out, only pairs of one fold count, since two models' risks differ by an unknown constant.
    Source: Harrell FE et al., Evaluating the yield of medical tests, JAMA 247, 1982; ties as in R survival.
    """
    pairs = pair_table(time_days, event, risk, fold)
    return Concordance(pairs.estimate, int(pairs.comparable.sum()), len(risk))


def concordance_interval(
    time_days: Floats,
    event: NDArray[np.bool_],
    risk: Floats,
    fold: NDArray[np.int_] | None,
    settings: EvaluationSettings,
) -> Interval:
    """Return Harrell's C with its percentile interval over resampled cases."""
    pairs = pair_table(time_days, event, risk, fold)
    if not len(risk):
        return Interval(None, None, None, 0)
    draws = pairs.resampled(resample_counts(len(risk), settings))
    return percentile_interval(pairs.estimate, draws, len(risk), settings)


def pair_table(
    time_days: Floats, event: NDArray[np.bool_], risk: Floats, fold: NDArray[np.int_] | None = None
) -> Pairs:
    """Compare every case with every other. Raises MedmtlError where a time or a risk is not a finite number."""
    _check_finite("risk", risk)
    _check_finite("time", time_days)
    event = np.asarray(event, dtype=bool)
    later = time_days[:, None] < time_days[None, :]
    tied = (time_days[:, None] == time_days[None, :]) & ~event[None, :]
    comparable = event[:, None] & (later | tied)
    if fold is not None:
        comparable &= fold[:, None] == fold[None, :]
    ordered = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    return Pairs(comparable.astype(float), comparable * ordered)


def _check_finite(what: str, values: Floats) -> None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise MedmtlError(f"Every {what} must be a finite number. Found {values[wrong[0]]} at position {wrong[0]}.")
