"""Keeps features that tell of the outcome and not of each other, one after the other."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.redundancy import spearman
from medmtl.risk.rows import Block
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.redundancy import informative
from medmtl.risk.univariate_c import univariate_c

Floats = NDArray[np.float64]


class Mrmr(Selector):
    """At most `count` features by greatest relevance less mean redundancy.

    Relevance is |2 C - 1| of the feature alone, redundancy its mean absolute Spearman correlation with those chosen.
    Source: Ding C, Peng H, Minimum redundancy feature selection from microarray gene expression data, J Bioinform
    Comput Biol 3, 2005 (the difference criterion; C-index and rank correlation in place of mutual information).
    """

    def __init__(self, count: int = 5) -> None:
        self._count = count

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the chosen features in the block's order."""
        names = informative(block)
        if len(names) < 2:
            return names[: self._count]
        values = block.pick(names).values
        relevance = np.abs(2 * univariate_c(values, time_days, event) - 1)
        chosen = _greedy(relevance, spearman(values), self._count)
        return tuple(names[position] for position in sorted(chosen))


def _greedy(relevance: Floats, similarity: Floats, count: int) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < min(count, len(relevance)):
        redundancy = similarity[:, chosen].mean(axis=1) if chosen else np.zeros(len(relevance))
        gain = (relevance - redundancy).round(12)
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
    return chosen
