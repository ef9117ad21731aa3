"""Smooth random fields that can be read at any point in space, so that PET and CT see the very same object."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Waves:
    """A sum of plane waves with mean 0 and variance 1 over space: `vectors` [n, 3] and `phases` [n] in radians."""

    vectors: Array
    phases: Array

    def at(self, x: Array, y: Array, z: Array) -> Array:
        """Return the field where the three coordinates, broadcast against each other, point."""
        parts = (
            np.cos(kx * x + ky * y + kz * z + phase)
            for (kx, ky, kz), phase in zip(self.vectors, self.phases, strict=True)
        )
        total: Array = sum(parts, start=np.zeros(1))
        scaled: Array = total * np.sqrt(2 / len(self.phases))
        return scaled


def draw_waves(rng: np.random.Generator, count: int, shortest: float, longest: float) -> Waves:
    """Draw waves in random directions with wavelengths between the two [the coordinates' unit]."""
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = rng.uniform(shortest, longest, size=(count, 1))
    return Waves(2 * np.pi * directions / lengths, rng.uniform(0, 2 * np.pi, size=count))
