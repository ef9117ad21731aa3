"""An image and its regions on the grid that they are measured on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.engine.region import Region
from medmtl.features.engine.result import RefusedError


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One region: where its shape is measured, where its intensities are, and its voxels in the mask as given."""

    morphological: Region
    intensity: Region
    voxels_before: int


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The image, cropped and at its final spacing, and every region by name: to measure, or why it cannot be.

    `lower_bound` is the lowest value that re-segmentation left in, None where it set none.
    """

    image: sitk.Image
    subjects: Mapping[str, Subject | RefusedError]
    spacing_before: tuple[float, float, float]
    lower_bound: float | None = None
    notes: tuple[str, ...] = field(default=())
