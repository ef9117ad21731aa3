"""What was measured of one region, and how far it could be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import nan
from typing import Any


class RegionStatus(StrEnum):
    """How far a region could be measured."""

    OK = "ok"
    EMPTY = "empty"  # nothing in the mask has the label
    TOO_SMALL = "too_small"  # the region, or the image for a filter, has too few voxels
    VANISHED = "vanished"  # no voxel is left after resampling or re-segmentation
    NONFINITE = "nonfinite"  # NaN or infinity where it would be measured
    GEOMETRY = "geometry"  # mask and image do not lie on one grid
    ERROR = "error"  # another reason, in the notes


@dataclass(frozen=True, slots=True)
class Extraction:
    """The features of one region by column name, NaN where not measured; the notes say why.

    The columns depend on the settings alone, never on the case. `provenance` holds versions and voxel counts.
    """

    features: Mapping[str, float]
    status: RegionStatus
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


def unmeasured(columns: tuple[str, ...], status: RegionStatus, note: str) -> Extraction:
    """Return a row of NaN with its status."""
    return Extraction(dict.fromkeys(columns, nan), status, (note,))


class RefusedError(Exception):
    """A region that cannot be measured; ends in a row of NaN with this status, never in the caller's hands."""

    def __init__(self, status: RegionStatus, note: str) -> None:
        super().__init__(note)
        self.status = status
        self.note = note
