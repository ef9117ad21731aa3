"""Turns probabilities on the working grid into a mask on the CT's grid."""

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.imaging.image import to_sitk
from medmtl.imaging.resample import resample_probability
from medmtl.inference.settings import InferenceSettings
from medmtl.records import Grid, Image


def mask_on(
    grid: Grid, probability: Image, per_class: NDArray[np.float32], labels: tuple[int, ...], settings: InferenceSettings
) -> Image:
    """Return the mask on `grid`, uint8: the label of the likeliest class where background is less likely than tumour.

    Args:
        grid: of the CT; its size, spacing, origin and direction are kept exactly.
        probability: of the tumour, whatever its label, on the working grid.
        per_class: probability of each label [labels, D, H, W] on the working grid.
        labels: the label values of the classes, in their order.
        settings: which connected parts are kept.
    """
    tumour = resample_probability(probability, grid).array.astype(np.float32) >= 0.5
    kept = _kept_parts(Image(tumour.astype(np.uint8), grid), settings)
    maps = [resample_probability(Image(one, probability.grid), grid).array for one in per_class]
    likeliest = np.array(labels, dtype=np.uint8)[np.argmax(np.stack(maps), axis=0)]
    return Image(np.where(kept, likeliest, 0).astype(np.uint8), grid)


def _kept_parts(tumour: Image, settings: InferenceSettings) -> NDArray[np.bool_]:
    smallest = round(settings.min_component_ml / tumour.grid.voxel_volume_ml)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(to_sitk(tumour)), minimumObjectSize=smallest)
    found: NDArray[np.uint32] = sitk.GetArrayFromImage(parts)
    kept: NDArray[np.bool_] = found == 1 if settings.largest_only else found > 0
    return kept
