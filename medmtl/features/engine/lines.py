"""Recursive filters along the lines of an array, many lines at once, in the order of operations of ITK's.

A filter is four coefficients for the values before, four for those after, four for its own earlier results, and what
stands for these beyond the ends, where the end's value is taken to go on (Farnebäck G and Westin CF. Improving
Deriche-style recursive Gaussian filters. J Math Imaging Vis 2006; 26: 293).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Volume = NDArray[Any]
Place = tuple[int, int, int, int]  # axis of the lines, index across them, first lane and beyond the last
LANES = 32  # lines filtered at once: enough for wide instructions, few enough for the cache


@compiled
def filter_lines(source: Volume, out: Singles, axis: int, kept: NDArray[np.int64], by: Floats) -> None:
    """Filter along an axis every line that passes through the box `kept` [3, 2], and write to `out` within it.

    `by` holds, in this order, N0..N3, M1..M4, D1..D4, BN1..BN4, BM1..BM4. A line has at least 4 values. `out` may be
    the source. Lanes run along x, or along y where the lines do.
    """
    n, across, lane = source.shape[axis], 1 if axis == 0 else 0, 1 if axis == 2 else 2
    data, ahead, behind = np.zeros((n, LANES)), np.zeros((n, LANES)), np.zeros((n, LANES))
    for j in range(kept[across, 0], kept[across, 1]):
        for start in range(kept[lane, 0], kept[lane, 1], LANES):
            place = axis, j, start, min(start + LANES, kept[lane, 1])
            gather(source, place, data)
            _causal(data, ahead, by[0:4], by[8:12], by[12:16])
            _anti_causal(data, behind, by[4:8], by[8:12], by[16:20])
            _scatter(ahead, behind, out, place, kept[axis])


@compiled
def gather(source: Volume, place: Place, data: Floats) -> None:
    """Copy lines to the lanes of `data` [n, lanes]."""
    axis, j, start, end = place
    if axis == 2:
        for k in range(start, end):
            for i in range(data.shape[0]):
                data[i, k - start] = source[j, k, i]
    else:
        for i in range(data.shape[0]):
            line = source[i, j] if axis == 0 else source[j, i]
            for k in range(start, end):
                data[i, k - start] = line[k]


@compiled
def _scatter(ahead: Floats, behind: Floats, out: Singles, place: Place, kept: NDArray[np.int64]) -> None:
    axis, j, start, end = place
    if axis == 2:
        for k in range(start, end):
            for i in range(kept[0], kept[1]):
                out[j, k, i] = np.float32(ahead[i, k - start] + behind[i, k - start])
    else:
        for i in range(kept[0], kept[1]):
            line = out[i, j] if axis == 0 else out[j, i]
            for k in range(start, end):
                line[k] = np.float32(ahead[i, k - start] + behind[i, k - start])


@compiled
def _causal(data: Floats, out: Floats, near: Floats, own: Floats, edge: Floats) -> None:
    for i in range(4):
        for k in range(LANES):
            first = data[0, k]
            total = data[i, k] * near[0]
            for step in range(1, 4):
                total += (data[i - step, k] if i >= step else first) * near[step]
            past = (out[i - 1, k] * own[0]) if i >= 1 else first * edge[0]
            for step in range(2, 5):
                past += out[i - step, k] * own[step - 1] if i >= step else first * edge[step - 1]
            out[i, k] = total - past
    n0, n1, n2, n3 = near[0], near[1], near[2], near[3]
    d1, d2, d3, d4 = own[0], own[1], own[2], own[3]
    for i in range(4, len(data)):
        for k in range(LANES):
            total = data[i, k] * n0 + data[i - 1, k] * n1 + data[i - 2, k] * n2 + data[i - 3, k] * n3
            past = out[i - 1, k] * d1 + out[i - 2, k] * d2 + out[i - 3, k] * d3 + out[i - 4, k] * d4
            out[i, k] = total - past


@compiled
def _anti_causal(data: Floats, out: Floats, near: Floats, own: Floats, edge: Floats) -> None:
    n = len(data)
    for back in range(4):
        i = n - 1 - back
        for k in range(LANES):
            last = data[n - 1, k]
            total = (data[i + 1, k] if back >= 1 else last) * near[0]
            for step in range(2, 5):
                total += (data[i + step, k] if back >= step else last) * near[step - 1]
            past = out[i + 1, k] * own[0] if back >= 1 else last * edge[0]
            for step in range(2, 5):
                past += out[i + step, k] * own[step - 1] if back >= step else last * edge[step - 1]
            out[i, k] = total - past
    m1, m2, m3, m4 = near[0], near[1], near[2], near[3]
    d1, d2, d3, d4 = own[0], own[1], own[2], own[3]
    for i in range(n - 5, -1, -1):
        for k in range(LANES):
            total = data[i + 1, k] * m1 + data[i + 2, k] * m2 + data[i + 3, k] * m3 + data[i + 4, k] * m4
            past = out[i + 1, k] * d1 + out[i + 2, k] * d2 + out[i + 3, k] * d3 + out[i + 4, k] * d4
            out[i, k] = total - past


@compiled
def add_within(total: Singles, part: Singles, factor: float, kept: NDArray[np.int64]) -> None:
    """Add a part times a factor to the total within the box `kept` [3, 2], rounded to single precision."""
    for z in range(kept[0, 0], kept[0, 1]):
        for y in range(kept[1, 0], kept[1, 1]):
            into, by = total[z, y], part[z, y]
            for x in range(kept[2, 0], kept[2, 1]):
                into[x] = np.float32(into[x] + by[x] * factor)
