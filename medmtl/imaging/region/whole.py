"""All of the CT."""

from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.voxel_box import Box


class Whole(Region):
    """Keeps everything: for scans that were cut to the tumour's surroundings already."""

    def find(self, scans: Scans, within: Box) -> Box:
        """Return `within`."""
        return within
