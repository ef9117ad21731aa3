"""Cuts an image to a box given in millimetres, along its own voxels and without interpolation."""

from dataclasses import replace
from itertools import product
from math import ceil, floor

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import continuous_index
from medmtl.records import Image

Corner = tuple[float, float, float]


def cut_to_box(image: Image, low: Corner, high: Corner, margin_voxels: int = 0) -> Image:
    """Return the smallest block of whole voxels that holds the box (corners x, y, z [mm]), and a margin around it.

    Of an image that is turned against the patient's axes, the block holds the turned box. Where the image ends before
    the box does, the block ends there. Raises MedmtlError where the two have nothing in common.
    """
    corners = np.array(list(product(*zip(low, high, strict=True))))
    index = continuous_index(image.grid, corners)
    starts = [max(0, floor(value + 0.5) - margin_voxels) for value in index.min(axis=0)]
    stops = [
        min(size, ceil(value + 0.5) + margin_voxels)
        for value, size in zip(index.max(axis=0), image.grid.size, strict=True)
    ]
    if any(start >= stop for start, stop in zip(starts, stops, strict=True)):
        raise MedmtlError(f"a box must meet the image. Found the box {low} to {high} mm outside its grid {image.grid}.")
    return _block(image, starts, stops)


def _block(image: Image, starts: list[int], stops: list[int]) -> Image:
    grid = image.grid
    axes = np.array(grid.direction).reshape(3, 3)
    x, y, z = (np.array(grid.origin) + axes @ (np.array(starts) * np.array(grid.spacing))).tolist()
    (x0, y0, z0), (x1, y1, z1) = starts, stops
    array = np.ascontiguousarray(image.array[z0:z1, y0:y1, x0:x1])
    return Image(array, replace(grid, size=(x1 - x0, y1 - y0, z1 - z0), origin=(x, y, z)))
