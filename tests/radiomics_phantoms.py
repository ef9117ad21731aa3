"""Odd regions and images, small enough that PyRadiomics itself answers at once."""

import numpy as np
import SimpleITK as sitk  # noqa: N813

SHAPE = (14, 13, 15)  # z, y, x
SPACING = (0.9, 1.1, 2.5)  # x, y, z


def _masks():
    z, y, x = np.indices(SHAPE)
    squared = (z - 7) ** 2 + (y - 6) ** 2 + (x - 7) ** 2
    ball = squared < 30
    return {
        "ball": ball,
        "two components": ((z < 4) | (z > 9)) & (y > 2) & (x < 9),
        "sparse": np.random.default_rng(3).random(SHAPE) < 0.1,
        "hollow": ball & (squared > 10),
        "at the border": (z < 3) & (y < 4),
        "one slice": (z == 5) & ball,
        "a line": (z == 5) & (y == 6) & (x > 3) & (x < 9),
        "checkerboard": ((z + y + x) % 2 == 0) & ball,
        "2 x 2 x 2": (z < 2) & (y < 2) & (x < 2),
        "2 x 2": (z < 2) & (y < 2) & (x < 1),
        "two far voxels": ((z == 1) & (y == 1) & (x == 1)) | ((z == 4) & (y == 4) & (x == 4)),
        "tilted plane": (z == y) & (x > 3),
        "whole image": np.ones(SHAPE, dtype=bool),
    }


def _images():
    z, y, x = np.indices(SHAPE)
    rng = np.random.default_rng(0)
    return {
        "noise": rng.normal(0, 60, SHAPE).astype(np.float32),
        "smooth": (100 * np.sin(z / 3) + 50 * np.cos(x / 4) + 30 * np.sin(y / 2)).astype(np.float32),
        "flat": np.full(SHAPE, 37.3, dtype=np.float32),
        "whole numbers": rng.integers(-200, 200, SHAPE).astype(np.int16),
    }


def on_grid(array, spacing=SPACING, origin=(-7.0, 3.0, 11.0)):
    """Return the array as an image (bool becomes 0 and 1)."""
    image = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


MASKS = {name: on_grid(mask) for name, mask in _masks().items()}
IMAGES = {name: on_grid(image) for name, image in _images().items()}


def furthest(fast, stock, near_zero=1e-9):
    """Return the largest relative distance of two tables of features and its name; inf where one alone is NaN.

    Below `near_zero` both are rounding.
    """
    assert list(fast) == list(stock)
    a, b = (np.array(list(values.values())) for values in (fast, stock))
    apart = np.abs(a - b) / np.maximum(np.abs(b), 1e-300)
    apart = np.where((np.abs(a) < near_zero) & (np.abs(b) < near_zero) | (a == b), 0.0, apart)
    apart = np.where(np.isnan(a) & np.isnan(b), 0.0, np.where(np.isnan(a) != np.isnan(b), np.inf, apart))
    place = int(np.argmax(apart))
    return float(apart[place]), list(fast)[place]
