"""Counts what grey levels have to do with their neighbours: the five texture matrices, in two passes over a region.

Levels lie in a padded array, flat, 0 outside the region; a step is one in that array. Ranks lie likewise: a level's
place, from 1, among the n that occur. `planes` are where those of each plane begin in `voxels`, and the end.
Definitions as PyRadiomics', which are IBSI's.
"""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled

Ints = NDArray[np.int32]
Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


@compiled
def neighbour_matrices(
    levels: Ints, ranks: Ints, voxels: Steps, steps: Steps, alpha: int
) -> tuple[Ints, Floats, Floats]:
    """Return the GLCM [steps, n, n], one way along each step, the GLDM [n, 1 + 2 steps] and the NGTDM [n, 2].

    The NGTDM holds the count of voxels, and the sum of their distances from the mean of the region's voxels around.
    """
    n = ranks.max()
    pairs = np.zeros((steps.size, n, n), np.int32)
    dependences = np.zeros((n, 2 * steps.size + 1))
    tones = np.zeros((n, 2))
    for v in range(voxels.size):
        here = voxels[v]
        level = levels[here]
        row = ranks[here] - 1
        dependent, count, total = 0, 0, 0
        for s in range(steps.size):
            ahead = levels[here + steps[s]]
            if ahead:
                pairs[s, row, ranks[here + steps[s]] - 1] += 1
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
def run_matrices(ranks: Ints, voxels: Steps, planes: Steps, shape: Steps, offsets: Steps) -> Floats:
    """Return the GLRLM [offsets, n, longest]: how many runs of one level there are of every length.

    Counted is how many voxels of its level lie in one run before a voxel: as many voxels as have k of them before them,
    so many runs are longer than k. Whole stretches of a plane are worked out at once, the gaps included.
    """
    counts = np.zeros((offsets.shape[0], ranks.max() + 1, shape.max() + 1), np.int32)
    width, plane = shape[2], shape[1] * shape[2]
    before = np.zeros((offsets.shape[0], 2, plane), np.int32)  # of the plane at hand and the one before it
    for z in range(planes.size - 1):
        of_plane = voxels[planes[z] : planes[z + 1]]
        if of_plane.size == 0:
            continue
        first, beyond = of_plane[0], of_plane[-1] + 1
        start, own = first - z * plane, ranks[first:beyond]
        for s in range(offsets.shape[0]):
            dz, step = offsets[s, 0], offsets[s, 0] * plane + offsets[s, 1] * width + offsets[s, 2]
            if step < 0:
                dz, step = -dz, -step
            origin = start - (step - dz * plane)
            there = before[s, (z - dz) & 1, origin : origin + own.size]
            here = before[s, z & 1, start : start + own.size]
            if dz:
                _lengthen(own, ranks[first - step : beyond - step], there, here)
            else:
                _lengthen_in_plane(own, ranks[first - step : beyond - step], there, here)
            _count_lengths(counts[s], ranks, of_plane, before[s, z & 1], z * plane)
    longer = counts[:, 1:]
    return (longer[:, :, :-1] - longer[:, :, 1:]).astype(np.float64)


@compiled
def _lengthen(own: Ints, previous: Ints, there: Ints, here: Ints) -> None:
    for k in range(own.size):
        here[k] = (there[k] + 1) * np.int32((own[k] == previous[k]) & (own[k] != 0))


@compiled
def _lengthen_in_plane(own: Ints, previous: Ints, there: Ints, here: Ints) -> None:
    for k in range(own.size):  # in order: some of `there` has just been written
        here[k] = (there[k] + 1) * np.int32((own[k] == previous[k]) & (own[k] != 0))


@compiled
def _count_lengths(counts: Ints, ranks: Ints, voxels: Steps, lengths: Ints, start: int) -> None:
    for v in range(voxels.size):
        counts[ranks[voxels[v]], lengths[voxels[v] - start]] += 1


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
