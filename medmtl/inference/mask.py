"""Turns probabilities on the working grid into a mask on the CT's grid, a slab at a time."""

from collections.abc import Iterator

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.imaging.image import to_sitk
from medmtl.imaging.resample import resample_probability
from medmtl.imaging.voxel_box import Box, box_inside, box_of, part_of
from medmtl.inference.settings import InferenceSettings
from medmtl.records import Grid, Image

_VOXELS_AT_ONCE = 16_000_000  # 64 MB as float32: a whole body at the CT's resolution has ten times as many


def mask_on(
    grid: Grid, probability: Image, per_class: NDArray[np.float32], labels: tuple[int, ...], settings: InferenceSettings
) -> Image:
    """Return the mask on `grid`, uint8: the label of the likeliest class where background is less likely than tumour.

    It is 0 beyond the working grid, of which the network saw nothing.

    Args:
        grid: of the CT; its size, spacing, origin and direction are kept exactly.
        probability: of the tumour, whatever its label, on the working grid.
        per_class: probability of each label [labels, D, H, W] on the working grid.
        labels: the label values of the classes, in their order.
        settings: which connected parts are kept.
    """
    mask = np.zeros(grid.size[::-1], dtype=np.uint8)
    seen = box_inside(grid, probability.grid)
    if seen is not None:
        _fill(mask[seen.slices], part_of(grid, seen), probability, settings)
        _name(mask, grid, [Image(one, probability.grid) for one in per_class], labels)
    return Image(mask, grid)


def _fill(mask: NDArray[np.uint8], grid: Grid, probability: Image, settings: InferenceSettings) -> None:
    """Set those voxels of the mask, which lies on the grid, to 1 that are tumour and of a part that is kept."""
    for slab in _slabs(grid):
        mask[slab.slices] = resample_probability(probability, part_of(grid, slab)).array.astype(np.float32) >= 0.5
    found = box_of(mask > 0)
    if found is not None:
        parts = Image(mask[found.slices], part_of(grid, found))
        mask[found.slices] = _kept_parts(parts, settings)


def _name(mask: NDArray[np.uint8], grid: Grid, maps: list[Image], labels: tuple[int, ...]) -> None:
    """Give those voxels of the mask that are 1 the label of their likeliest class."""
    found = box_of(mask > 0)
    if found is None:
        return
    tumour, place = mask[found.slices], part_of(grid, found)
    for slab in _slabs(place):
        likely = np.stack([resample_probability(one, part_of(place, slab)).array for one in maps]).argmax(axis=0)
        tumour[slab.slices] *= np.array(labels, dtype=np.uint8)[likely]


def _slabs(grid: Grid) -> Iterator[Box]:
    x, y, z = grid.size
    deep = max(1, _VOXELS_AT_ONCE // (x * y))
    for first in range(0, z, deep):
        yield Box((0, 0, first), (x, y, min(deep, z - first)))


def _kept_parts(tumour: Image, settings: InferenceSettings) -> NDArray[np.bool_]:
    smallest = round(settings.min_component_ml / tumour.grid.voxel_volume_ml)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(to_sitk(tumour)), minimumObjectSize=smallest)
    found: NDArray[np.uint32] = sitk.GetArrayFromImage(parts)
    kept: NDArray[np.bool_] = found == 1 if settings.largest_only else found > 0
    return kept
