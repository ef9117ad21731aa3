"""Looks at a case through planes: flat grids through a point of the patient, and the projection of the whole."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from medmtl.imaging.grid import continuous_index, points_at
from medmtl.imaging.resample import resample_linear
from medmtl.records import Grid, Image

Floats = NDArray[np.floating]
Point = tuple[float, float, float]
_PIXELS = 360  # across a plane: finer than CT, so that nothing needs smoothing first


class Plane(StrEnum):
    """Which way a plane cuts the patient, as shown: head up, and the patient's left at the viewer's right."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


_DIRECTIONS = {  # columns: the plane's rightward, downward and inward axis in patient space (left, back, head)
    Plane.AXIAL: (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    Plane.CORONAL: (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0),
    Plane.SAGITTAL: (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A box along the patient's axes [mm]."""

    low: Point
    high: Point

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        x, y, z = ((low + high) / 2 for low, high in zip(self.low, self.high, strict=True))
        return x, y, z

    @property
    def side(self) -> float:
        """The longest side [mm]."""
        return max(high - low for low, high in zip(self.low, self.high, strict=True))


def cut(image: Image, plane: Plane, centre: Point, side_mm: float, outside: float) -> Floats:
    """Return the image on a square of this side [mm] around the centre, [row, column], by linear interpolation."""
    grid = _flat(plane, centre, side_mm)
    flat: Floats = resample_linear(_thin(around(image, centre, side_mm)), grid, outside).array[0].astype(np.float32)
    return flat


def project(image: Image, box: Box, spacing_mm: float) -> Floats:
    """Return the largest value from front to back over the box, seen from the front; a square, as wide as its side."""
    across, deep = (max(1, int(np.ceil(mm / spacing_mm))) for mm in (box.side, box.high[1] - box.low[1]))
    size = (across, deep, across)
    corner = np.array(box.centre) - (np.array(size) - 1) / 2 * spacing_mm
    grid = Grid(size, (spacing_mm,) * 3, (corner[0].item(), corner[1].item(), corner[2].item()))
    seen: Floats = resample_linear(_thin(image), grid, 0.0).array.max(axis=1)[::-1].astype(np.float32)  # head up
    return seen


def around(image: Image, centre: Point, side_mm: float) -> Image:
    """Return the part of the image within a cube of this side [mm] around the centre, and two voxels more."""
    corners = np.array(centre) + side_mm / 2 * np.array(list(product((-1.0, 1.0), repeat=3)))
    index = continuous_index(image.grid, corners)
    last = np.array(image.grid.size) - 1
    low = np.clip(np.floor(index.min(axis=0)) - 2, 0, last).astype(int)
    high = np.clip(np.ceil(index.max(axis=0)) + 2, low, last).astype(int)
    part = image.array[tuple(slice(a, b + 1) for a, b in zip(low[::-1], high[::-1], strict=True))]
    corner = points_at(image.grid, low[None].astype(float))[0]
    origin = (corner[0].item(), corner[1].item(), corner[2].item())
    size = (part.shape[2], part.shape[1], part.shape[0])
    return Image(part, Grid(size, image.grid.spacing, origin, image.grid.direction))


def box_of(image: Image) -> Box:
    """Return the box that holds the whole image."""
    corners = np.array(list(product(*((-0.5, n - 0.5) for n in image.grid.size))))
    return _box(points_at(image.grid, corners))


def box_of_mask(mask: Image) -> Box | None:
    """Return the box that holds the mask's voxels; None for an empty mask."""
    index = np.argwhere(mask.array)[:, ::-1]
    return _box(points_at(mask.grid, index.astype(float))) if len(index) else None


def centroid(mask: Image) -> Point:
    """Return the voxel of the mask that is nearest to its centre of mass, as a point [mm]."""
    points = points_at(mask.grid, np.argwhere(mask.array)[:, ::-1].astype(float))
    nearest = points[np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1))]
    return nearest[0].item(), nearest[1].item(), nearest[2].item()


def _box(points: Floats) -> Box:
    low, high = points.min(axis=0), points.max(axis=0)
    return Box((low[0].item(), low[1].item(), low[2].item()), (high[0].item(), high[1].item(), high[2].item()))


def _flat(plane: Plane, centre: Point, side_mm: float) -> Grid:
    spacing = side_mm / _PIXELS
    half = spacing * (_PIXELS - 1) / 2
    corner = np.array(centre) - np.array(_DIRECTIONS[plane]).reshape(3, 3) @ np.array([half, half, 0.0])
    origin = (corner[0].item(), corner[1].item(), corner[2].item())
    return Grid((_PIXELS, _PIXELS, 1), (spacing,) * 3, origin, _DIRECTIONS[plane])


def _thin(image: Image) -> Image:
    """Return the image as float32, which halves what is copied."""
    return Image(image.array.astype(np.float32), image.grid)
