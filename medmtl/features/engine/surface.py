"""Surface and volume of the mesh around a region, from how often each of the 256 corner patterns occurs.

PyRadiomics walks a marching-cubes table triangle by triangle. What one pattern adds is asked once of its own compiled
table: surface, volume against the pattern's own corner, and the change of that volume when the corner moves.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled
from medmtl.features.engine.stock import mesh

Floats = NDArray[np.float64]


def mesh_measures(inside: NDArray[np.bool_], spacing: Floats) -> tuple[float, float]:
    """Return surface [mm²] and volume [mm³] of a region (z, y, x), with the voxels' spacing [mm] in that order."""
    counts, places = _patterns(np.pad(inside, 1))
    volumes, shifts = _volume_table()
    volume = counts @ volumes + float((places * shifts).sum())
    return float(counts @ _surface_table(tuple(spacing.tolist()))), float(volume * spacing.prod())


@compiled
def _patterns(inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    counts, places = np.zeros(256), np.zeros((256, 3))
    depth, height, width = inside.shape
    for z in range(depth - 1):
        for y in range(height - 1):
            left = _column(inside, z, y, 0)
            for x in range(width - 1):
                right = _column(inside, z, y, x + 1)
                pattern = left | right << 4
                left = right
                if pattern not in {0, 255}:
                    counts[pattern] += 1.0
                    places[pattern, 0] += z
                    places[pattern, 1] += y
                    places[pattern, 2] += x
    return counts, places


@compiled
def _column(inside: NDArray[np.bool_], z: int, y: int, x: int) -> int:
    pattern = int(inside[z, y, x]) | int(inside[z, y + 1, x]) << 1
    return pattern | int(inside[z + 1, y, x]) << 2 | int(inside[z + 1, y + 1, x]) << 3


def _corners(pattern: int) -> NDArray[np.bool_]:
    bits = np.array([pattern >> bit & 1 for bit in range(8)], dtype=bool)
    return bits.reshape(2, 2, 2).transpose(1, 2, 0)  # bit: 4 for x, 2 for z, 1 for y


@cache
def _surface_table(spacing: tuple[float, float, float]) -> Floats:
    return np.array([mesh(np.ascontiguousarray(_corners(p)), np.array(spacing))[0] for p in range(256)])


@cache
def _volume_table() -> tuple[Floats, Floats]:
    """Return for each pattern its volume [256] and its change per step along z, y and x [256, 3], for unit spacing."""
    at_corner = np.array([_volume(_corners(pattern)) for pattern in range(256)])
    shifts = np.zeros((256, 3))
    for pattern in range(256):
        for axis in range(3):
            pushed = np.concatenate([np.zeros((2, 2, 1), bool), np.moveaxis(_corners(pattern), axis, 2)], axis=2)
            both = _volume(np.moveaxis(pushed, 2, axis))
            before = _volume(np.moveaxis(pushed[:, :, :2], 2, axis))
            shifts[pattern, axis] = both - before - at_corner[pattern]
    return at_corner, shifts


def _volume(corners: NDArray[np.bool_]) -> float:
    return mesh(np.ascontiguousarray(corners), np.ones(3))[1]
