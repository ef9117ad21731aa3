"""What a whole procedure scores when outcomes are dealt to cases at random."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-12  # scores of the same pairs, summed in another order, may differ by this much
Score = Callable[[NDArray[np.int64]], float | None]


@dataclass(frozen=True, slots=True, eq=False)
class PermutationTest:
    """The score of the true outcomes, None where it is not defined, and the scores [draws] of shuffled ones.

    Where the mean of `draws` is not what noise should score, the procedure itself leans to one side.
    """

    observed: float | None
    draws: NDArray[np.float64]

    @property
    def p(self) -> float | None:
        """How often chance does as well, the true order counted as one draw, so never 0; None where not defined."""
        if self.observed is None or not self.draws.size:
            return None
        reached = int((self.draws >= self.observed - TOLERANCE).sum())
        return (1 + reached) / (1 + self.draws.size)


def permutation_test(score: Score, n: int, draws: int, generator: np.random.Generator) -> PermutationTest:
    """Score the outcomes in their true order and, `draws` times, in a shuffled one.

    `score(order)` must run everything that looks at outcomes, selection and tuning included, with case i given the
    outcome of case `order[i]`; larger is better, None is undefined and left out of the draws.
    Source: Phipson B, Smyth GK, Permutation p-values should never be zero, Stat Appl Genet Mol Biol 9, 2010.
    """
    observed = score(np.arange(n))
    drawn = [score(generator.permutation(n)) for _ in range(draws)] if observed is not None else []
    return PermutationTest(observed, np.array([one for one in drawn if one is not None], dtype=float))
