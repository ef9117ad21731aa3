"""Keeps the features that order the cases best, each for itself."""

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.rows import Block
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.redundancy import informative
from medmtl.risk.univariate_c import univariate_c

Floats = NDArray[np.float64]


class Univariate(Selector):
    """At most `count` features, those whose own C-index is farthest from 0.5, and at least `min_distance` from it."""

    def __init__(self, count: int = 5, min_distance: float = 0.0) -> None:
        self._count = count
        self._min_distance = min_distance

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the features farthest from 0.5; of equals, the first."""
        names = informative(block)
        distance = np.abs(univariate_c(block.pick(names).values, time_days, event) - 0.5)
        ranked = np.argsort(-distance.round(12), kind="stable")[: self._count]
        return tuple(names[position] for position in sorted(ranked) if distance[position] >= self._min_distance)
