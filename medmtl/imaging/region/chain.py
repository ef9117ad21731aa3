"""One rule after another, each within what the one before has left."""

from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.voxel_box import Box
from medmtl.members import Member, build


class Chain(Region):
    """Narrows the region step by step: a slab from the top of the body, then a box in it."""

    def __init__(self, steps: list[Member]) -> None:
        self._steps = [build(step, Region) for step in steps]  # type: ignore[type-abstract]

    def find(self, scans: Scans, within: Box) -> Box:
        """Return what the last step leaves; `within` where there is no step."""
        for step in self._steps:
            within = step.find(scans, within)
        return within
