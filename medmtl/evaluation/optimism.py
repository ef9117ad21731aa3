"""How much a score on the very cases of the fit flatters, by refitting on resamples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Scorer = Callable[[Positions], float | None]
FitScorer = Callable[[Positions], Scorer]
OUTSIDE = 0.632  # the mean share of distinct cases in a resample, 1 - 1/e


@dataclass(frozen=True, slots=True)
class Optimism:
    """The apparent score, and three corrections of it; None where no resample could be scored.

    `harrell` is apparent less the mean optimism; `share_632` weighs apparent and left-out scores; `share_632_plus`
    leans on the left-out ones the more, the more the fit follows noise.
    """

    apparent: float | None
    optimism: float | None
    harrell: float | None
    left_out: float | None
    share_632: float | None
    share_632_plus: float | None
    resamples: int


def optimism(
    fit: FitScorer, n: int, resamples: int, generator: np.random.Generator, no_information: float = 0.5
) -> Optimism:
    """Refit on resamples of n cases. `fit(positions)` runs everything, selection included, on these cases.

    It returns a scorer of positions; larger is better, None is undefined. `no_information` is the score of a model
    that knows nothing, 0.5 for C. Source: Harrell FE, Lee KL, Mark DB, Multivariable prognostic models, Stat Med 15,
    1996; Efron B, Tibshirani R, Improvements on cross-validation: the .632+ bootstrap method, J Am Stat Assoc 92, 1997.
    """
    every = np.arange(n)
    apparent = fit(every)(every)
    drawn = [_one(fit, every, generator) for _ in range(resamples)]
    kept = np.array([row for row in drawn if None not in row], dtype=float)
    if apparent is None or not len(kept):
        return Optimism(apparent, None, None, None, None, None, 0)
    inside, whole, outside = (float(column.mean()) for column in kept.T)
    flattery = inside - whole
    plain = (1 - OUTSIDE) * apparent + OUTSIDE * outside
    share = _share(apparent, outside, no_information)
    leaning = (1 - share) * apparent + share * max(outside, no_information)
    return Optimism(apparent, flattery, apparent - flattery, outside, plain, leaning, len(kept))


def _one(fit: FitScorer, every: Positions, generator: np.random.Generator) -> tuple[float | None, ...]:
    """Return the score on the resample of its fit, on all cases, and on the cases that the resample left out."""
    drawn = generator.choice(every, len(every))
    scorer = fit(drawn)
    return scorer(drawn), scorer(every), scorer(np.setdiff1d(every, drawn))


def _share(apparent: float, outside: float, no_information: float) -> float:
    """Return the weight of the left-out score: .632 without over-fitting, 1 where the fit followed noise alone."""
    if apparent <= no_information or outside >= apparent:
        return OUTSIDE
    followed = min(1.0, (apparent - outside) / (apparent - no_information))
    return OUTSIDE / (1 - (1 - OUTSIDE) * followed)
