"""Counts what grey levels have to do with their neighbours: the five texture matrices, in two passes over a region.

Levels lie in a padded array, flat, 0 outside the region; an offset is a step in that array. `rank` gives a level's
place among the n that occur. Definitions as PyRadiomics', which are IBSI's.
"""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled

Ints = NDArray[np.int32]
Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


@compiled
def neighbour_matrices(
    levels: Ints, rank: Ints, voxels: Steps, steps: Steps, alpha: int
) -> tuple[Floats, Floats, Floats]:
    """Return the GLCM [steps, n, n], one way along each step, the GLDM [n, 1 + 2 steps] and the NGTDM [n, 2].

    The NGTDM holds the count of voxels, and the sum of their distances from the mean of the region's voxels around.
    """
    n = rank.max() + 1
    pairs = np.zeros((steps.size, n, n))
    dependences = np.zeros((n, 2 * steps.size + 1))
    tones = np.zeros((n, 2))
    for v in range(voxels.size):
        here = voxels[v]
        level = levels[here]
        row = rank[level]
        dependent, count, total = 0, 0, 0
        for s in range(steps.size):
            ahead = levels[here + steps[s]]
            if ahead:
                pairs[s, row, rank[ahead]] += 1.0
                count += 1
                total += ahead
                dependent += abs(level - ahead) <= alpha
            behind = levels[here - steps[s]]
            if behind:
                count += 1
                total += behind
                dependent += abs(level - behind) <= alpha
        dependences[row, dependent] += 1.0
        tones[row, 0] += 1.0
        if count:
            tones[row, 1] += abs(level - total / count)
    return pairs, dependences, tones


@compiled
def run_matrices(levels: Ints, rank: Ints, voxels: Steps, steps: Steps, longest: int) -> Floats:
    """Return the GLRLM [steps, n, longest]: how many runs of one level there are of every length."""
    runs = np.zeros((steps.size, rank.max() + 1, longest))
    before = np.zeros(levels.size, np.int32)  # voxels of the run up to here, in the direction at hand
    for s in range(steps.size):
        step, counts = abs(steps[s]), runs[s]
        for v in range(voxels.size):  # without branches, which cost more than the counting
            here = voxels[v]
            level = levels[here]
            length = before[here - step] * (levels[here - step] == level)
            before[here] = length + 1
            counts[rank[level], length] += levels[here + step] != level
    return runs


@compiled
def zone_sizes(levels: Ints, numbers: Ints, voxels: Steps, steps: Steps) -> Ints:
    """Return for every voxel the size of the zone that it is the first of, else 0.

    A zone is what hangs together at one level by any of the steps, found by union of each voxel with those before it.
    `numbers` gives a voxel's place in `voxels`.
    """
    before = np.where(steps > 0, -steps, steps)
    parent = np.empty(voxels.size, np.int32)
    for v in range(voxels.size):
        here = voxels[v]
        level = levels[here]
        parent[v] = v
        root = v
        for s in range(before.size):
            there = here + before[s]
            if levels[there] == level and parent[numbers[there]] != root:
                root = _join(parent, root, numbers[there])
    sizes = np.zeros(voxels.size, np.int32)
    for v in range(voxels.size):
        sizes[_root(parent, v)] += 1
    return sizes


@compiled
def _join(parent: Ints, root: int, other: int) -> int:
    found = _root(parent, other)
    low, high = min(found, root), max(found, root)
    parent[high] = low
    return low


@compiled
def _root(parent: Ints, voxel: int) -> int:
    while parent[voxel] != voxel:
        parent[voxel] = parent[parent[voxel]]
        voxel = parent[voxel]
    return voxel


@compiled
def shares_a_line(inside: Ints, shape: Steps, voxels: Steps, offset: Steps) -> bool:
    """Whether any two voxels of a region (not 0 inside) lie on one line along an offset (z, y, x), near or far."""
    plane = shape[1] * shape[2]
    for v in range(voxels.size):
        z, y, x = voxels[v] // plane, voxels[v] % plane // shape[2], voxels[v] % shape[2]
        while True:
            z, y, x = z + offset[0], y + offset[1], x + offset[2]
            if not (0 <= z < shape[0] and 0 <= y < shape[1] and 0 <= x < shape[2]):
                break
            if inside[z * plane + y * shape[2] + x]:
                return True
    return False
