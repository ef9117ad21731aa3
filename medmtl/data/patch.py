"""Cuts a patch out of a case, padded with air where the case is smaller."""

import numpy as np
from numpy.typing import NDArray

PET_OUTSIDE = 0.0  # log(1 + SUV) of no uptake
CT_OUTSIDE = -1.0  # the lower end of the CT window: air

Corner = tuple[int, int, int]


def cut(volume: NDArray[np.generic], corner: Corner, patch: Corner, outside: float) -> NDArray[np.generic]:
    """Return the patch [z, y, x] whose first voxel is `corner` (which may lie outside the volume)."""
    result = np.full(patch, outside, dtype=volume.dtype)
    source = tuple(slice(max(c, 0), min(c + p, n)) for c, p, n in zip(corner, patch, volume.shape, strict=True))
    target = tuple(slice(s.start - c, s.stop - c) for s, c in zip(source, corner, strict=True))
    result[target] = volume[source]
    return result


def cut_image(image: NDArray[np.float32], corner: Corner, patch: Corner) -> NDArray[np.float32]:
    """Return the patch of PET and CT [2, z, y, x], padded with no uptake and with air."""
    channels = zip(image, (PET_OUTSIDE, CT_OUTSIDE), strict=True)
    return np.stack([cut(channel, corner, patch, outside) for channel, outside in channels]).astype(np.float32)


def central_corner(shape: Corner, patch: Corner) -> Corner:
    """Return the corner of the patch that shares the volume's centre."""
    z, y, x = ((n - p) // 2 for n, p in zip(shape, patch, strict=True))
    return z, y, x


def corner_around(voxel: Corner, shape: Corner, patch: Corner) -> Corner:
    """Return the corner of the patch around a voxel, kept inside the volume; central along axes the patch covers."""
    middle = central_corner(shape, patch)
    z, y, x = (
        m if p >= n else min(max(v - p // 2, 0), n - p) for v, n, p, m in zip(voxel, shape, patch, middle, strict=True)
    )
    return z, y, x


def random_corner(
    mask: NDArray[np.uint8] | None, shape: Corner, patch: Corner, foreground: float, rng: np.random.Generator
) -> Corner:
    """Return a training patch: around a random tumour voxel with probability `foreground`, else anywhere."""
    inside = np.flatnonzero(mask) if mask is not None and rng.random() < foreground else np.array([], dtype=np.intp)
    flat = int(rng.choice(inside)) if inside.size else int(rng.integers(int(np.prod(shape))))
    z, y, x = (int(i) for i in np.unravel_index(flat, shape))
    return corner_around((z, y, x), shape, patch)
