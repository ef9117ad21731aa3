"""The family of rules that choose the part of a CT that the network sees."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from medmtl.imaging.scan import Scan
from medmtl.imaging.voxel_box import Box


@dataclass(frozen=True, slots=True)
class Scans:
    """A case's PET [SUV] and CT [HU] as a region may look at them. There is no mask here: a rule cannot leak."""

    pet: Scan
    ct: Scan


class Region(ABC):
    """A rule that chooses a part of the CT from the images alone."""

    @abstractmethod
    def find(self, scans: Scans, within: Box) -> Box:
        """Return the part, a box of the CT's voxels that lies in `within`.

        Raises MedmtlError where the images do not show what the rule goes by.
        """
