"""Counts pairs that stand in one order by position and in the other by rank, without visiting them: O(n log n).

Positions are split at their highest bit, then the next: every pair is separated at exactly one level, where running
sums over the rank order count it. Source: Knuth DE, The Art of Computer Programming 3, 5.1.1, as a radix descent.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
_BLOCK_BITS = 5  # blocks of 32 positions are compared pair by pair


def count_inversions(position: Integers, first: NDArray[np.bool_]) -> int:
    """Return how many pairs of positions i < j there are with j before i in `position`, and i among the `first`.

    `position` [n] lists the positions 0..n-1 in ascending order of rank; `first` [n] is by position.
    """
    total = _within_blocks(position, first)
    code = 2 * position.astype(np.int32) + first[position]  # the flag rides along in the lowest bit
    for bit in reversed(range(_BLOCK_BITS, max(1, len(position) - 1).bit_length())):
        code, found = _split(code, bit)
        total += found
    return total


def _split(code: Integers, bit: int) -> tuple[Integers, int]:
    """Move, within each node of 2^(bit+1) positions, those of the left half first; count right ones met before left."""
    is_right = (code >> (bit + 1)) & 1 == 1
    left, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    lefts, rights = code[left], code[right]
    seen = left - np.arange(len(left)) - ((lefts >> (bit + 2)) << bit)  # full nodes before hold 2^bit right ones each
    moved = np.empty_like(code)
    moved[left - seen] = lefts
    moved[((rights >> (bit + 2)) << bit) + (1 << bit) + np.arange(len(right))] = rights
    return moved, int(np.dot(lefts & 1, seen))


def _within_blocks(position: Integers, first: NDArray[np.bool_]) -> int:
    """Count the pairs of the same block of positions by comparing all of them, which beats the lowest levels."""
    size = 1 << _BLOCK_BITS
    rank = np.full(-(-len(position) // size) * size, len(position), dtype=np.int32)
    rank[position] = np.arange(len(position), dtype=np.int32)
    rows = rank.reshape(-1, size)
    asked = np.zeros(rank.size, dtype=bool)
    asked[: len(first)] = first
    later = np.triu(np.ones((size, size), dtype=bool), 1)
    found = (rows[:, :, None] > rows[:, None, :]) & later
    return int(np.count_nonzero(found, axis=2)[asked.reshape(-1, size)].sum())


def sum_inversions(position: NDArray[np.int64], first: Floats, later: Floats) -> tuple[Floats, Floats]:
    """Return per position i the `later` of all j > i before it in rank, and the `first` of all j < i after it in rank.

    `first` and `later` [n] are by position.
    """
    n = len(position)
    after, before = np.zeros(n), np.zeros(n)
    place = np.arange(n)
    for bit in reversed(range(max(1, n - 1).bit_length())):
        right = (position >> bit) & 1 == 1
        begin = (position >> (bit + 1)) << (bit + 1)
        ones = _running(right)
        seen = ones[:-1] - ones[begin]
        mass = _running(np.where(right, later[position], 0.0))
        after[position] += np.where(right, 0.0, mass[:-1] - mass[begin])
        mass = _running(np.where(right, 0.0, first[position]))
        end = np.minimum(begin + (2 << bit), n)
        before[position] += np.where(right, mass[end] - mass[:-1], 0.0)
        moved = np.empty_like(position)
        moved[np.where(right, begin + (1 << bit) + seen, place - seen)] = position
        position = moved
    return after, before


def _running(values: NDArray[np.generic]) -> NDArray[np.generic]:
    total: NDArray[np.generic] = np.zeros(len(values) + 1, dtype=np.int64 if values.dtype == np.bool_ else values.dtype)
    np.cumsum(values, out=total[1:])
    return total
