"""A box where the disease usually lies, by the body alone."""

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import continuous_index, points_at
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.region.body import Body, find_body
from medmtl.imaging.upright import along_grid
from medmtl.imaging.voxel_box import Box, box_around

_LEVEL_MM = 24.0  # the body's middle is taken from this far above to this far below the centre


class PriorBox(Region):
    """Keeps a box of `size_mm` (left-right, anterior-posterior, inferior-superior), whatever the PET shows.

    Its centre lies `below_top_mm` below the top of the body, in the middle of what the body is there. The default is
    that of head and neck cancer: the middle of 0 to 330 mm below the top, where its disease lies.
    """

    def __init__(
        self, size_mm: tuple[float, float, float] = (224.0, 224.0, 224.0), below_top_mm: float = 180.0
    ) -> None:
        if min(size_mm) <= 0:
            raise MedmtlError(f"A box must be longer than 0 mm along every axis. Found {size_mm}.")
        self._size = np.array(size_mm)
        self._below = below_top_mm

    def find(self, scans: Scans, within: Box) -> Box:
        """Return the box, moved into `within`, and cut where that is smaller."""
        body = find_body(scans.ct, within)
        centre = points_at(body.inside.grid, middle_below(body, self._below)[None])
        size = along_grid(self._size, scans.ct.grid) / np.array(scans.ct.grid.spacing)
        return box_around(continuous_index(scans.ct.grid, centre)[0], size, within)


def middle_below(body: Body, below_mm: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the middle of the body so far below its top [voxels x, y, z of its grid], within the scan."""
    spacing = body.inside.grid.spacing[2]
    z = float(np.clip(body.top - below_mm / spacing, 0, body.inside.array.shape[0] - 1))
    reach = max(1, round(_LEVEL_MM / spacing))
    level = body.inside.array[max(0, round(z) - reach) : round(z) + reach + 1]
    _, y, x = np.nonzero(level if level.any() else body.inside.array)
    return np.array([np.median(x), np.median(y), z])
