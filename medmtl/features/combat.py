"""Takes centres out of features by ComBat: each centre's shift and scale, drawn towards those of its other features.

Source: Johnson WE, Li C, Rabinovic A, Biostatistics 8:118, 2007. No covariate is kept, least of all the outcome, which
would leak (Nieto N et al., arXiv:2410.19643); fitted on training cases alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.features.centre_effects import Effects, FittedEffects, UnseenCentre, moments, training_centres
from medmtl.features.harmoniser import Harmoniser

Floats = NDArray[np.float64]

CONVERGED = 1e-6  # largest relative change between two rounds
ROUNDS = 1000
MIN_CASES = 10  # a scale of fewer is mostly noise


class ComBat(Harmoniser):
    """Shift and scale per centre and feature, by empirical Bayes (parametric priors).

    Centres with fewer than `min_cases` are pooled; `unseen` says what becomes of centres that training did not hold.
    """

    def __init__(self, min_cases: int = MIN_CASES, unseen: UnseenCentre = UnseenCentre.IDENTITY) -> None:
        if min_cases < 2:
            raise MedmtlError(f"ComBat: min_cases must be 2 or more, for a scale to be known. Found {min_cases}.")
        self._min_cases = min_cases
        self._unseen = UnseenCentre(unseen)

    def fit(self, values: Floats, centres: Sequence[str]) -> FittedEffects:
        """Learn what each centre adds to features [n, p] (NaN where unknown)."""
        found = training_centres(values, centres, self._min_cases)
        informative = found.deviation > 0
        effects = {name: _shrunk(one, informative) for name, one in found.standard.items()}
        mean, deviation = tuple(found.mean.tolist()), tuple(found.deviation.tolist())
        return FittedEffects(mean, deviation, effects, found.members, self._unseen, self._min_cases)


def _shrunk(standard: Floats, informative: NDArray[np.bool_]) -> Effects:
    """Return the posterior shift and scale of one centre; features that say nothing take no part."""
    raw = moments(standard)
    if np.count_nonzero(informative) < 2:  # nothing to learn a prior from
        return raw
    shift, variance = np.array(raw.shift), np.array(raw.scale) ** 2
    where = np.flatnonzero(informative)
    new_shift, new_variance = _posterior(standard[:, where], shift[where], variance[where])
    shift[where], variance[where] = new_shift, new_variance
    return Effects(tuple(shift.tolist()), tuple(np.sqrt(variance).tolist()))


def _posterior(standard: Floats, shift: Floats, variance: Floats) -> tuple[Floats, Floats]:
    prior_shift, prior_spread = float(shift.mean()), float(shift.var(ddof=1))
    rate, shape = _inverse_gamma(variance)
    if not prior_spread or not np.isfinite(shape):  # all features agree: so does the posterior
        return np.full_like(shift, prior_shift) if not prior_spread else shift, variance
    known = np.isfinite(standard)
    count, filled = known.sum(axis=0), np.where(known, standard, 0.0)
    new_shift, new_variance = shift, variance
    for _ in range(ROUNDS):
        before = new_shift, new_variance
        new_shift = (count * prior_spread * shift + new_variance * prior_shift) / (count * prior_spread + new_variance)
        squares = (np.where(known, filled - new_shift, 0.0) ** 2).sum(axis=0)
        new_variance = (0.5 * squares + rate) / (count / 2.0 + shape - 1.0)
        if _change(before[0], new_shift) < CONVERGED and _change(before[1], new_variance) < CONVERGED:
            break
    return new_shift, new_variance


def _inverse_gamma(variance: Floats) -> tuple[float, float]:
    """Return rate and shape of the inverse gamma with the mean and variance of these variances; infinite if equal."""
    mean, spread = float(variance.mean()), float(variance.var(ddof=1))
    if spread <= 0:
        return np.inf, np.inf
    return (mean * spread + mean**3) / spread, (2 * spread + mean**2) / spread


def _change(old: Floats, new: Floats) -> float:
    return float(np.max(np.abs(new - old) / np.maximum(np.abs(old), 1e-12)))
