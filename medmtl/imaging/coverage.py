"""How much of a reference mask lies in what the network sees."""

from dataclasses import dataclass

import numpy as np

from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.grid import labelled_within
from medmtl.imaging.scan import open_scan
from medmtl.records import Case, Grid, Image


@dataclass(frozen=True, slots=True)
class Coverage:
    """The part of one label's voxels that lies in the region, 0 to 1; None where nothing bears the label."""

    case_id: str
    label: str
    volume_ml: float
    inside: float | None


def coverage(case: Case, region: Grid, labels: dict[str, int]) -> tuple[Coverage, ...]:
    """Return the coverage of each label of the case's mask by the region's box; nothing where there is no mask.

    A voxel is covered where its centre lies in the box. Raises CaseError where the mask cannot be read.
    """
    if case.mask is None:
        return ()
    try:
        mask = open_scan(case.mask).read()
    except MedmtlError as error:
        raise CaseError(case.case_id, str(error)) from error
    return tuple(_of(case.case_id, mask, region, name, value) for name, value in labels.items())


def _of(case_id: str, mask: Image, region: Grid, name: str, value: int) -> Coverage:
    one = Image(mask.array == value, mask.grid)
    voxels = int(np.count_nonzero(one.array))
    inside = labelled_within(one, region) if voxels else None
    return Coverage(case_id, name, voxels * mask.grid.voxel_volume_ml, inside)
