"""Harrell's C of many columns at once, also on many resamples; a missing value takes its pairs away."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def univariate_c(values: Floats, time_days: Floats, event: NDArray[np.bool_]) -> Floats:
    """Return C [p] of each column [n, p] as a risk; 0.5 where no pair is comparable. Ties as in `harrell_c`."""
    c: Floats = resampled_c(values, time_days, event, np.ones((1, len(values))))[0]
    return c


def resampled_c(values: Floats, time_days: Floats, event: NDArray[np.bool_], counts: Floats) -> Floats:
    """Return C [resamples, p] with each case counted `counts` [resamples, n] times."""
    first = np.flatnonzero(event)
    later = time_days[first, None] < time_days[None, :]
    comparable = (later | ((time_days[first, None] == time_days[None, :]) & ~event[None, :])).astype(float)
    if not values.shape[1]:
        return np.zeros((len(counts), 0))
    return np.stack([_one(column, first, comparable, counts) for column in values.T], axis=1, dtype=float)


def _one(column: Floats, first: NDArray[np.int_], comparable: Floats, counts: Floats) -> Floats:
    difference = column[first, None] - column[None, :]
    known = comparable * np.isfinite(difference)
    agreed = known * (0.5 + 0.5 * np.sign(np.where(np.isfinite(difference), difference, 0.0)))
    drawn = counts[:, first]
    total = np.einsum("rn,rn->r", drawn @ known, counts)
    right = np.einsum("rn,rn->r", drawn @ agreed, counts)
    return np.where(total > 0, right / np.maximum(total, 1e-300), 0.5)
