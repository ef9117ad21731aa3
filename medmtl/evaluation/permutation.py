"""What a whole procedure scores when outcomes are dealt to cases at random."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Score = Callable[[NDArray[np.int64]], float | None]


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The score of the true outcomes, the scores of shuffled ones, and how often these reach it.

    `p` counts the true order among the shuffles, so it is never 0; None where the true score is not defined.
    """

    observed: float | None
    null_mean: float | None
    null_sd: float | None
    p: float | None
    shuffles: int


def permutation_test(score: Score, n: int, shuffles: int, generator: np.random.Generator) -> PermutationTest:
    """Score the outcomes in their true order and in shuffled ones.

    `score(order)` must run everything that looks at outcomes, selection and tuning included, with case i given the
    outcome of case `order[i]`; larger is better, None is undefined and left out of the null.
    Source: Phipson B, Smyth GK, Permutation p-values should never be zero, Stat Appl Genet Mol Biol 9, 2010.
    """
    observed = score(np.arange(n))
    drawn = [score(generator.permutation(n)) for _ in range(shuffles)]
    null = np.array([one for one in drawn if one is not None])
    if observed is None or not null.size:
        return PermutationTest(observed, None, None, None, len(null))
    reached = 1 + int((null >= observed).sum())
    spread = float(null.std(ddof=1)) if null.size > 1 else None
    return PermutationTest(observed, float(null.mean()), spread, reached / (1 + null.size), len(null))
