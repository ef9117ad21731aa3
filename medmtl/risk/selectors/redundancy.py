"""Of features that tell the same, keeps one; outcomes play no part."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.redundancy import groups, medoid, spearman
from medmtl.risk.rows import Block
from medmtl.risk.scaling import fit_scaler
from medmtl.risk.selectors.base import Selector

Floats = NDArray[np.float64]


class Redundancy(Selector):
    """One feature per group of features that all correlate.

    In a group every absolute Spearman correlation exceeds `threshold`; the one closest to all others stands for it.
    """

    def __init__(self, threshold: float = 0.9) -> None:
        self._threshold = threshold

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the representatives."""
        names = informative(block)
        if len(names) < 2:
            return names
        similarity = spearman(block.pick(names).values)
        group = groups(similarity, self._threshold)
        chosen = [medoid(similarity, np.flatnonzero(group == number)) for number in np.unique(group)]
        return tuple(names[position] for position in sorted(chosen))


def informative(block: Block) -> tuple[str, ...]:
    """Return the features that are neither constant nor missing throughout."""
    useless = set(fit_scaler(block, take_log=False).dropped)
    return tuple(name for name in block.names if name not in useless)
