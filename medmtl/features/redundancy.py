"""Groups features that tell the same, and tells which of them only tell the volume; outcomes play no part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

Floats = NDArray[np.float64]

FEWEST = 3  # cases; any two order alike or opposite


@dataclass(frozen=True, slots=True, eq=False)
class Redundancies:
    """Per feature, in order: its group (1, 2, ...; 0 for one that says nothing), whether it stands for the group, and
    its rank correlation with the volume, in [-1, 1], NaN where not known."""

    group: NDArray[np.int_]
    representative: NDArray[np.bool_]
    with_volume: Floats


def redundancies(values: Floats, volume: Floats, threshold: float = 0.9) -> Redundancies:
    """Return what columns [n, p] tell in common: in a group all absolute Spearman correlations exceed the threshold.

    `volume` is [n]. A column that is constant, or known of fewer than three cases, says nothing. Groups are numbered
    by size, the largest is 1.
    """
    says = np.array([_varies(column) for column in values.T], dtype=bool)
    group, representative = np.zeros(len(says), dtype=int), np.zeros(len(says), dtype=bool)
    found = np.flatnonzero(says)
    if found.size:
        similarity = spearman(values[:, found]).reshape(found.size, found.size)
        group[found] = _by_size(groups(similarity, threshold))
        for number in np.unique(group[found]):
            representative[found[medoid(similarity, np.flatnonzero(group[found] == number))]] = True
    correlation = np.array([_rank_correlation(column, volume) for column in values.T])
    return Redundancies(group, representative, correlation)


def spearman(values: Floats) -> Floats:
    """Return the absolute rank correlations [p, p] of columns [n, p]; a missing value has the mean rank."""
    ranks = rankdata(values, axis=0, nan_policy="omit")
    ranks = np.where(np.isnan(ranks), np.nanmean(ranks, axis=0), ranks)
    similarity: Floats = np.abs(np.corrcoef(ranks.T))
    return similarity


def groups(similarity: Floats, threshold: float) -> NDArray[np.int_]:
    """Return each feature's group [p], by complete linkage: all similarities [p, p] in it exceed the threshold."""
    if len(similarity) < 2:
        return np.ones(len(similarity), dtype=int)
    distance = squareform(np.clip(1 - similarity, 0, None), checks=False)
    found: NDArray[np.int_] = fcluster(linkage(distance, "complete"), 1 - threshold, "distance").astype(int)
    return found


def medoid(similarity: Floats, members: NDArray[np.int_]) -> int:
    """Return the member closest to all the others."""
    closeness = similarity[np.ix_(members, members)].sum(axis=0)
    return int(members[np.argmax(closeness.round(9))])  # rounded, so that of equals the first stands on any machine


def _varies(column: Floats) -> bool:
    known = column[np.isfinite(column)]
    return known.size >= FEWEST and bool((known != known[0]).any())


def _by_size(group: NDArray[np.int_]) -> NDArray[np.int_]:
    numbers, first, sizes = np.unique(group, return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = dict(zip(numbers[order].tolist(), range(1, len(numbers) + 1), strict=True))
    return np.array([rank[number] for number in group.tolist()])


def _rank_correlation(column: Floats, volume: Floats) -> float:
    known = np.isfinite(column) & np.isfinite(volume)
    if not (_varies(column[known]) and _varies(volume[known])):
        return float("nan")
    return float(np.corrcoef(rankdata(column[known]), rankdata(volume[known]))[0, 1])
