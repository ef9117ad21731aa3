"""Rules of what a mask shows: something, of a credible size, in few parts, that takes up tracer."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medmtl.findings import Finding, warning
from medmtl.records import Image

_TINY_ML = 0.2  # a ball of 7 mm: PET does not resolve less
_MANY_PARTS = 5
_SPECK_VOXELS = 3  # what a slip of the pencil or a resampling leaves
_COLD_SUV = 1.0  # the mean of the body, by the definition of SUV


def lesion_warnings(
    mask: Image, file: Path, uptake: NDArray[np.float32], labels: Mapping[str, int]
) -> Iterator[Finding]:
    """Yield what is unusual of the mask; `uptake` holds the SUVs in it, and may be empty."""
    filled = int(np.count_nonzero(mask.array))
    if not filled:
        message = "the mask is empty. If the tumour was not drawn, leave the cell empty; else export the mask again."
        yield warning("mask-empty", message, file=file)
        return
    volume = filled * mask.grid.voxel_volume_ml
    if volume < _TINY_ML:
        message = f"a tumour is usually larger than {_TINY_ML} mL. Found {volume:.3f} mL in {filled} voxels."
        yield warning("mask-tiny", message, file=file)
    if uptake.size and float(uptake.max()) < _COLD_SUV:
        message = f"a tumour usually takes up tracer. The highest SUV in the mask is {uptake.max():.2f}; does it fit?"
        yield warning("mask-cold", message, file=file)
    for name, label in labels.items():
        yield from _parts(mask, file, name, label)


def _parts(mask: Image, file: Path, name: str, label: int) -> Iterator[Finding]:
    sizes = part_sizes(mask.array == label)
    specks = [size for size in sizes if size <= _SPECK_VOXELS]
    shown = ", ".join(f"{size * mask.grid.voxel_volume_ml:.2g}" for size in sizes[:8])
    if len(sizes) > _MANY_PARTS:
        more = ", ..." if len(sizes) > 8 else ""
        message = f"{name} is in {len(sizes)} separate parts of {shown}{more} mL. Are all of them meant?"
        yield warning("mask-parts", message, file=file)
    elif specks and len(sizes) > 1:
        message = f"{name} has {len(specks)} of {len(sizes)} parts of {_SPECK_VOXELS} voxels or fewer; remove them."
        yield warning("mask-specks", message, file=file)


def part_sizes(inside: NDArray[np.bool_]) -> list[int]:
    """Return the voxels of each part, largest first; voxels that share a corner belong together."""
    if not inside.any():
        return []
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    parts, n = ndimage.label(inside[box], np.ones((3, 3, 3)))
    return sorted(np.bincount(parts.ravel(), minlength=n + 1)[1:].tolist(), reverse=True)
