"""The neighbours of a region's voxels as steps in one flat padded array, shared by all images of the region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.region import Region
from medmtl.features.engine.stock import angles

Steps = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Voxels of a region in a padded array of `shape`, and the steps to neighbours: at the distances, and next to it.

    `offsets` and `next_offsets` are the same steps as (z, y, x). `planes` are where those of each plane of z begin in
    `voxels`, and the end. `numbers` gives every voxel's place in `voxels`; `scratch` [2, size] is overwritten by
    each image in turn, for a fresh array would cost more than what is counted in it.
    """

    shape: tuple[int, int, int]
    voxels: Steps
    planes: Steps
    offsets: Steps
    next_offsets: Steps
    numbers: NDArray[np.int32]
    scratch: NDArray[np.int32]

    @property
    def steps(self) -> Steps:
        """The steps at the distances asked for: for co-occurrence, dependence and tone differences."""
        return self._flat(self.offsets)

    @property
    def next_steps(self) -> Steps:
        """The steps to voxels that touch: for runs and zones."""
        return self._flat(self.next_offsets)

    def _flat(self, offsets: Steps) -> Steps:
        _, height, width = self.shape
        return offsets @ np.array([height * width, width, 1], dtype=np.int64)

    def place(self, levels: NDArray[np.int32], ranks: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return flat padded arrays with the levels and ranks of the region, and 0 elsewhere, until the next call."""
        self.scratch[0, self.voxels] = levels
        if np.array_equal(levels, ranks):
            return self.scratch[0], self.scratch[0]
        self.scratch[1, self.voxels] = ranks
        return self.scratch[0], self.scratch[1]


def lattice_of(region: Region, options: Mapping[str, Any]) -> Lattice:
    """Return the lattice for PyRadiomics' `distances`, `force2D` and `force2Ddimension`.

    PyRadiomics leaves out directions that lead out of a flat region; with `as_ibsi` they stay, and have runs of one.
    """
    distances = options.get("distances", [1])
    flat = bool(options.get("force2D", False)), int(options.get("force2Ddimension", 0))
    size = np.maximum(region.inside.shape, max(distances) + 1 if options.get("as_ibsi") else 1)
    padded = np.pad(region.inside, max(distances))
    z, y, x = padded.shape
    near, touching = (angles(size.tolist(), reach, *flat).astype(np.int64) for reach in (distances, [1]))
    voxels = np.flatnonzero(padded)
    numbers, scratch = np.zeros(padded.size, dtype=np.int32), np.zeros((2, padded.size), dtype=np.int32)
    numbers[voxels] = np.arange(voxels.size)
    planes = np.searchsorted(voxels, np.arange(z + 1) * (y * x))
    return Lattice((z, y, x), voxels, planes, near, touching, numbers, scratch)
