"""Where a region lies in an image, worked out once for all the images that it is measured in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A region's bounding box [first, beyond] (z, y, x), its voxels within, and the spacing [mm] (z, y, x)."""

    first: tuple[int, int, int]
    inside: NDArray[np.bool_]
    spacing: NDArray[np.float64]

    @property
    def voxels(self) -> int:
        """How many voxels the region has."""
        return int(np.count_nonzero(self.inside))

    def values(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the image's values (z, y, x) in the region, in raster order and the image's own precision."""
        box = tuple(slice(low, low + size) for low, size in zip(self.first, self.inside.shape, strict=True))
        return image[box][self.inside]

    def within(self, inside: NDArray[np.bool_]) -> "Region":
        """Return the region of the voxels of this box that are still inside, in the same box."""
        return Region(self.first, inside, self.spacing)


def region_of(mask: NDArray[np.bool_], spacing: NDArray[np.float64]) -> Region | None:
    """Return the region of a mask (z, y, x) over a whole image; None where it is empty."""
    spans = []
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        occupied = np.flatnonzero(mask.any(axis=others))
        if not occupied.size:
            return None
        spans.append((int(occupied[0]), int(occupied[-1]) + 1))
    box = tuple(slice(*span) for span in spans)
    return Region((spans[0][0], spans[1][0], spans[2][0]), np.ascontiguousarray(mask[box]), spacing)
