"""Changes an image and its mask slightly, as another scan or another reader might, to see which features keep still.

Source: Zwanenburg A et al., Assessing robustness of radiomic features by image perturbation, Sci Rep 9:614, 2019
(noise, translation, growing and shrinking); masks of ensembles and shifted thresholds are a network's own.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray
from scipy.ndimage import convolve, distance_transform_edt

from medmtl.features.engine.checks import whole_labels
from medmtl.features.engine.result import RefusedError, RegionStatus

Changed = tuple[str, sitk.Image, sitk.Image]  # the perturbation's name, the image, the mask

SHIFTS = (-0.25, 0.25)  # of a voxel, along every axis at once
THRESHOLD_STEP = 0.1  # of probability
NOISE_SEEDS = (1, 2)
MARGIN_VOXELS = 32  # of surroundings: more than any interpolation or usual filter feels
_LAPLACIAN = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float64)[None]  # blind to edges and ramps
_OF_NOISE = 6.0  # deviation of the Laplacian's answer to noise of deviation 1
_MAD = 0.6745  # median absolute deviation of a normal distribution of deviation 1
UNCHANGED = "unchanged"
IMAGE_CHANGES = ("noise", "translated")  # how the names begin that leave the contour as it was drawn


def perturbed(
    image: sitk.Image, mask: sitk.Image, others: Sequence[sitk.Image], probability_threshold: float | None
) -> Iterator[Changed]:
    """Yield the image and a mask of whole labels, as they are and with one change at a time.

    The mask grows and shrinks by the smallest spacing; noise is normal, of the image's own deviation; a translation
    interpolates both anew (cubic spline; linear, half of a voxel and more is inside). Where a threshold is given the
    mask holds probabilities, and is cut 0.1 below and above as well. `others` are the masks of further members. Raises
    RefusedError where the mask holds fractions without a threshold. All are of one box around the masks.
    """
    image, mask, *others = _near([image, mask, *others])
    whole = whole_labels(mask, probability_threshold)
    yield UNCHANGED, image, whole
    for name, sign in (("grown", 1.0), ("shrunk", -1.0)):
        yield name, image, moved_border(whole, sign * min(whole.GetSpacing()))
    for seed in NOISE_SEEDS:
        yield f"noise {seed}", with_noise(image, seed), whole
    for shift in SHIFTS:
        yield f"translated {shift:+g}", *_translated(image, whole, shift)
    if probability_threshold is not None:
        for step in (-THRESHOLD_STEP, THRESHOLD_STEP):
            yield f"threshold {step:+g}", image, whole_labels(mask, probability_threshold + step)
    for number, other in enumerate(others, start=1):
        yield f"member {number}", image, whole_labels(other, probability_threshold)


def _near(images: list[sitk.Image]) -> list[sitk.Image]:
    """Return the image and its masks, cropped to one box around all masks: the cost follows them, not the scan."""
    image, *masks = images
    occupied = np.zeros(image.GetSize()[::-1], dtype=bool)
    for mask in masks:
        if mask.GetSize() != image.GetSize():
            raise RefusedError(
                RegionStatus.GEOMETRY, "masks of further members must lie on the image's grid. Found another"
            )
        occupied |= sitk.GetArrayViewFromImage(mask) > 0
    if not occupied.any():
        return images
    lines = [np.flatnonzero(occupied.any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]  # x, y, z
    first = [max(int(line[0]) - MARGIN_VOXELS, 0) for line in lines]
    beyond = [min(int(line[-1]) + 1 + MARGIN_VOXELS, size) for line, size in zip(lines, image.GetSize(), strict=True)]
    size = [high - low for low, high in zip(first, beyond, strict=True)]
    return [sitk.RegionOfInterest(one, size, first) for one in images]


def noise_deviation(array: NDArray[np.generic]) -> float:
    """Return the standard deviation of an image's noise (z, y, x), from the median in-plane Laplacian.

    Source: Immerkaer J, Fast noise variance estimation, Comput Vis Image Underst 64:300, 1996, with a median in place
    of the mean, which edges would raise.
    """
    answer = np.abs(convolve(array.astype(np.float64), _LAPLACIAN)[:, 1:-1, 1:-1])  # the edge lacks neighbours
    known = answer[np.isfinite(answer)]
    return float(np.median(known)) / _MAD / _OF_NOISE if known.size else 0.0


def with_noise(image: sitk.Image, seed: int) -> sitk.Image:
    """Return the image, float32, with normal noise of its own deviation added."""
    array = sitk.GetArrayFromImage(image).astype(np.float32)
    array += np.random.default_rng(seed).normal(0.0, noise_deviation(array), array.shape).astype(np.float32)
    return _like(array, image)


def moved_border(mask: sitk.Image, distance_mm: float) -> sitk.Image:
    """Return the mask with every label wider by a distance, or narrower where it is negative; labels do not overlap."""
    labels = sitk.GetArrayFromImage(mask)
    spacing = mask.GetSpacing()[::-1]
    if distance_mm > 0:
        away, nearest = distance_transform_edt(labels == 0, sampling=spacing, return_indices=True)
        grown = np.where(away <= distance_mm * (1 + 1e-9), labels[tuple(nearest)], 0)
        return _like(grown.astype(labels.dtype), mask)
    kept = np.zeros(labels.shape, dtype=bool)
    for label in np.unique(labels[labels != 0]):
        kept |= distance_transform_edt(labels == label, sampling=spacing) > -distance_mm * (1 + 1e-9)
    return _like(np.where(kept, labels, 0).astype(labels.dtype), mask)


def _translated(image: sitk.Image, mask: sitk.Image, shift: float) -> tuple[sitk.Image, sitk.Image]:
    grid = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    grid.CopyInformation(image)
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint([shift] * 3))
    moved = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True)
    labels = [int(label) for label in np.unique(sitk.GetArrayViewFromImage(mask)) if label]
    shares = (
        sitk.Resample(mask == label, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32) for label in labels
    )
    whole = np.zeros(image.GetSize()[::-1], dtype=np.int32)
    for label, share in zip(labels, shares, strict=True):
        whole[sitk.GetArrayViewFromImage(share) >= 0.5] = label
    return moved, _like(whole, grid)


def _like(array: NDArray[np.generic], image: sitk.Image) -> sitk.Image:
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(image)
    return made
