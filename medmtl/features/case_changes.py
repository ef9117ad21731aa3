"""Changes the PET, the CT and the mask of one case slightly, as another scan or another reader might."""

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.features.perturbations import (
    MARGIN_VOXELS,
    NOISE_SEEDS,
    SHIFTS,
    UNCHANGED,
    moved_border,
    with_noise,
)
from medmtl.features.stability_settings import StabilitySettings
from medmtl.imaging.image import to_sitk
from medmtl.imaging.voxel_box import Box, box_of, box_that_covers, part_of
from medmtl.records import Grid, Image

CaseImages = tuple[Image, Image, Image]  # PET, CT, mask

_BORDER = {"grown": 1.0, "shrunk": -1.0}  # of the mask's smallest spacing
_NOISE = {f"noise {seed}": seed for seed in NOISE_SEEDS}
_SHIFTS = {f"translated {shift:+g}": shift for shift in SHIFTS}  # of the radiomics' spacing, along every axis


def own_changes(settings: StabilitySettings) -> tuple[str, ...]:
    """Return the names of the changes that need no further mask, the unchanged among them; none where none is asked."""
    if not settings.asked:
        return ()
    border = _BORDER if "border" in settings.masks else {}
    noise = _NOISE if "noise" in settings.images else {}
    return (UNCHANGED, *border, *noise, *(_SHIFTS if "translation" in settings.images else {}))


def changed(case: CaseImages, change: str) -> CaseImages:
    """Return the images with one change; by any other name (of a further mask, of a translation) as they are.

    The border moves by the mask's smallest spacing, by which shrinking may empty it. Noise has the deviation of the
    image's own around the mask, and lies there alone; PET and CT have different noise.
    """
    pet, ct, mask = case
    found = box_of(mask.array != 0)
    if found is None:
        return case
    if change in _NOISE:
        tumour, seed = part_of(mask.grid, found), 2 * _NOISE[change]
        return _noisy(pet, tumour, seed), _noisy(ct, tumour, seed + 1), mask
    if change in _BORDER:
        return pet, ct, _moved(mask, found, _BORDER[change])
    return case


def shift_of(change: str) -> float:
    """Return how far the points of measurement move, as a share of their spacing; 0 for all but a translation."""
    return _SHIFTS.get(change, 0.0)


def _noisy(image: Image, tumour: Grid, seed: int) -> Image:
    near = box_that_covers(image.grid, tumour, MARGIN_VOXELS)
    if near is None:
        return image
    array = image.array.astype(np.float32)
    part = Image(array[near.slices], part_of(image.grid, near))
    array[near.slices] = sitk.GetArrayFromImage(with_noise(to_sitk(part), seed))
    return Image(array, image.grid)


def _moved(mask: Image, tumour: Box, spacings: float) -> Image:
    near = box_that_covers(mask.grid, part_of(mask.grid, tumour), 2)
    if near is None:
        return mask
    array = mask.array.copy()
    part = Image(array[near.slices], part_of(mask.grid, near))
    border = moved_border(to_sitk(part), spacings * min(mask.grid.spacing))
    array[near.slices] = sitk.GetArrayFromImage(border)
    return Image(array, mask.grid)
