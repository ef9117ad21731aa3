"""Measures how far repeated measurements agree: intraclass correlation, of many features at once.

Source: Shrout PE, Fleiss JL, Intraclass correlations: uses in assessing rater reliability, Psychol Bull 86:420, 1979;
intervals by McGraw KO, Wong SP, Forming inferences about some intraclass correlation coefficients, Psychol Methods
1:30, 1996.
"""

from dataclasses import dataclass
from functools import cache
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from medmtl.errors import MedmtlError

Floats = NDArray[np.float64]

ROUNDING = 1e-24  # of the sum of all squares; a variation below this is zero but for rounding


@dataclass(frozen=True, slots=True)
class Agreement:
    """An intraclass correlation with its confidence limits; larger is better, 1 is perfect, NaN is not known."""

    estimate: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """ICC(1,1) counts every difference between repeats; ICC(3,1) forgives one that is the same for all cases."""

    absolute: Agreement
    consistent: Agreement


def reliability(values: Floats, confidence: float = 0.95) -> Reliability:
    """Return the agreement of one feature's repeats [cases, repeats]; cases with an unknown value are left out.

    Not known (NaN) with fewer than two cases or repeats, and where nothing varies at all; limits are NaN likewise.
    """
    if values.ndim != 2:
        raise MedmtlError(f"Repeated measurements must be [cases, repeats]. Found {values.ndim} dimensions.")
    known = values[np.isfinite(values).all(axis=1)]
    n, k = known.shape
    if n < 2 or k < 2:
        nothing = Agreement(nan, nan, nan, n)
        return Reliability(nothing, nothing)
    between, within, error = _mean_squares(known)
    return Reliability(
        _agreement(between, within, (n - 1, n * (k - 1)), (n, k), confidence),
        _agreement(between, error, (n - 1, (n - 1) * (k - 1)), (n, k), confidence),
    )


def _mean_squares(values: Floats) -> tuple[float, float, float]:
    """Return the mean squares between cases, within cases, and of what remains after the repeats' own means."""
    n, k = values.shape
    centred = values - values.mean()
    cases, repeats = centred.mean(axis=1, keepdims=True), centred.mean(axis=0, keepdims=True)
    floor = ROUNDING * float((values**2).sum())
    sums = [
        k * float((cases**2).sum()),
        float(((centred - cases) ** 2).sum()),
        float(((centred - cases - repeats) ** 2).sum()),
    ]
    between, within, error = (0.0 if one <= floor else one for one in sums)
    return between / (n - 1), within / (n * (k - 1)), error / ((n - 1) * (k - 1))


def _agreement(
    between: float, noise: float, freedom: tuple[int, int], shape: tuple[int, int], confidence: float
) -> Agreement:
    n, k = shape
    if not between and not noise:
        return Agreement(nan, nan, nan, n)
    estimate = (between - noise) / (between + (k - 1) * noise)
    if not noise:
        return Agreement(estimate, 1.0, 1.0, n)
    ratio, tail = between / noise, 1 - (1 - confidence) / 2
    low = ratio / _quantile(tail, *freedom)
    high = ratio * _quantile(tail, *reversed(freedom))
    return Agreement(estimate, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1), n)


@cache
def _quantile(probability: float, first: int, second: int) -> float:
    return float(f_distribution.ppf(probability, first, second))
