"""Of features that tell the same, keeps one; outcomes play no part."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

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
        distance = squareform(np.clip(1 - similarity, 0, None), checks=False)
        group = fcluster(linkage(distance, "complete"), 1 - self._threshold, "distance")
        chosen = [_medoid(similarity, np.flatnonzero(group == number)) for number in np.unique(group)]
        return tuple(names[position] for position in sorted(chosen))


def informative(block: Block) -> tuple[str, ...]:
    """Return the features that are neither constant nor missing throughout."""
    useless = set(fit_scaler(block, take_log=False).dropped)
    return tuple(name for name in block.names if name not in useless)


def spearman(values: Floats) -> Floats:
    """Return the absolute rank correlations [p, p] of columns [n, p]; a missing value has the mean rank."""
    ranks = rankdata(values, axis=0, nan_policy="omit")
    ranks = np.where(np.isnan(ranks), np.nanmean(ranks, axis=0), ranks)
    similarity: Floats = np.abs(np.corrcoef(ranks.T))
    return similarity


def _medoid(similarity: Floats, members: NDArray[np.int_]) -> int:
    closeness = similarity[np.ix_(members, members)].sum(axis=0)
    return int(members[np.argmax(closeness.round(9))])  # rounded, so that of equals the first stands on any machine
