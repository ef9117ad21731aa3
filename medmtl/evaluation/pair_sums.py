"""Sums over all comparable pairs of cases, in total and per case, without visiting the pairs: O(n log n)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.inversions import count_inversions, sum_inversions
from medmtl.evaluation.outcomes import Outcomes, check_finite

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """Weight of the pairs; `concordant` counts half of those with equal risks.

    Per case [n], in the order of the outcomes: `case_concordant` and `case_comparable` are the weight of its partners.
    """

    concordant: float
    comparable: float
    case_concordant: Floats
    case_comparable: Floats

    @property
    def estimate(self) -> float | None:
        """The concordance; None where no pair is comparable."""
        return self.concordant / self.comparable if self.comparable > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """The cases by fold, time, events first, and risk: among events of one time a later position is no lower a risk.

    `begin` and `end` bound a case's fold, `tie` and `after` the cases of its time that are events (or not) as it is.
    `by_risk` lists the positions in ascending order of fold and risk, `rank` counts the distinct risks below.
    """

    order: Integers
    event: Bools
    begin: Integers
    end: Integers
    tie: Integers
    after: Integers
    by_risk: Integers
    rank: Integers


def pair_totals(outcomes: Outcomes, risk: Floats) -> tuple[int, int, int]:
    """Return how many pairs are concordant with unequal risks, tied in risk, and comparable; weights do not count."""
    ranked = _sort(outcomes, risk)
    event = ranked.event
    comparable = int((ranked.end - ranked.after)[event].sum())
    tied = int(_tied_after(ranked, np.ones(outcomes.n))[event].sum())
    return count_inversions(ranked.by_risk.astype(np.int32), event), tied, comparable


def pair_sums(outcomes: Outcomes, risk: Floats, first: Floats | None = None) -> PairSums:
    """Return the weight of the pairs, and what each case adds to it.

    A pair weighs the product of its cases' weights and, where given, of `first` [n] of the case that had the event
    first.
    """
    ranked = _sort(outcomes, risk)
    later = outcomes.weights[ranked.order]
    factor = ranked.event * (1.0 if first is None else first[ranked.order])
    smaller, larger = sum_inversions(ranked.by_risk, factor * later, later)
    ahead = smaller + 0.5 * _tied_after(ranked, later)
    behind = larger + 0.5 * _tied_before(ranked, factor * later)
    followed = _between(later, ranked.after, ranked.end)
    preceded = _between(factor * later, ranked.begin, ranked.tie)
    back = np.argsort(ranked.order)
    return PairSums(
        float((factor * later) @ ahead),
        float((factor * later) @ followed),
        (factor * ahead + behind)[back],
        (factor * followed + preceded)[back],
    )


def _sort(outcomes: Outcomes, risk: Floats) -> _Sorted:
    check_finite("risk", risk)
    n = outcomes.n
    fold = np.zeros(n, dtype=np.int64) if outcomes.fold is None else np.unique(outcomes.fold, return_inverse=True)[1]
    risk_rank = _dense(_dense(risk) + (n + 1) * fold) if fold.any() else _dense(risk)
    slot = 2 * _dense(outcomes.time_days) + ~outcomes.event
    slot = _dense(slot + (2 * n + 2) * fold) if fold.any() else slot
    order = np.argsort(slot * (n + 1) + risk_rank)
    begin, end = _stretch(_changes(fold[order]))
    tie, after = _stretch(_changes(slot[order]))
    rank = risk_rank[order]
    return _Sorted(order, outcomes.event[order], begin, end, tie, after, _ascending(rank), rank)


def _dense(values: NDArray[np.generic]) -> Integers:
    """Return the rank of each value among the distinct ones, from 1 on."""
    order = np.argsort(values)
    rank = np.empty(len(values), dtype=np.int64)
    rank[order] = np.cumsum(_changes(values[order]))
    return rank


def _ascending(rank: Integers) -> Integers:
    """Return the positions by rank, and by position where ranks are equal."""
    n = len(rank)
    if rank.max(initial=0) < n:
        return np.argsort(rank * (n + 1) + np.arange(n))
    by_rank = np.empty(n, dtype=np.int64)
    by_rank[rank - 1] = np.arange(n)
    return by_rank


def _changes(values: NDArray[np.generic]) -> Bools:
    changed = np.ones(len(values), dtype=bool)
    changed[1:] = values[1:] != values[:-1]
    return changed


def _stretch(starts: Bools) -> tuple[Integers, Integers]:
    """Return where each position's run of equal values begins and ends."""
    begins = np.flatnonzero(starts)
    ends = np.append(begins[1:], len(starts))
    run = np.cumsum(starts) - 1
    return begins[run], ends[run]


def _tied_after(ranked: _Sorted, later: Floats) -> Floats:
    """Return per position the `later` of its later partners with the same risk."""
    if ranked.rank.max(initial=0) == len(ranked.rank):
        return np.zeros(len(ranked.rank))
    return _between(later[ranked.by_risk], *_places(ranked, ranked.after, ranked.end))


def _tied_before(ranked: _Sorted, first: Floats) -> Floats:
    """Return per position the `first` of its earlier partners with the same risk."""
    if ranked.rank.max(initial=0) == len(ranked.rank):
        return np.zeros(len(ranked.rank))
    return _between(first[ranked.by_risk], *_places(ranked, ranked.begin, ranked.tie))


def _places(ranked: _Sorted, *bounds: Integers) -> tuple[Integers, ...]:
    """Return where, among the positions sorted by risk, a case's own risk reaches each of the bounds."""
    scale = len(ranked.rank) + 1
    keys = ranked.rank[ranked.by_risk] * scale + ranked.by_risk
    return tuple(np.searchsorted(keys, ranked.rank * scale + bound) for bound in bounds)


def _between(values: Floats, start: Integers, stop: Integers) -> Floats:
    running = np.concatenate([[0.0], np.cumsum(values)])
    between: Floats = running[stop] - running[start]
    return between
