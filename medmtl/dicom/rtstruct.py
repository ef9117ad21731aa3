"""Reads a contour set (RTSTRUCT) and fills its contours into a mask."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from skimage.draw import polygon2mask

from medmtl.errors import MedmtlError
from medmtl.records import Grid, Image

PLANE = 0.5  # of the spacing: a contour belongs to the nearest slice


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """The closed contours of one region, each [n, 3] in mm, and the coordinate system they are given in."""

    path: Path
    name: str
    frame_of_reference: str
    polygons: tuple[NDArray[np.float64], ...]


def read_contours(path: Path, name_pattern: str) -> Contours:
    """Return the one region whose name the pattern matches wholly, whatever its case.

    Raises MedmtlError, with all names, unless just one matches; contours other than CLOSED_PLANAR are refused.
    """
    structure = _read(path)
    regions = {str(region.ROIName): region for region in structure.get("StructureSetROISequence", [])}
    matching = [name for name in regions if re.fullmatch(name_pattern, name, re.IGNORECASE)]
    if len(matching) != 1:
        names = ", ".join(regions) or "none"
        raise MedmtlError(f"{path}: just one region must match `{name_pattern}`. Found {len(matching)} among: {names}.")
    region = regions[matching[0]]
    frame = str(region.get("ReferencedFrameOfReferenceUID", ""))
    return Contours(path, matching[0], frame, _polygons(structure, int(region.ROINumber), path))


def fill_contours(contours: Contours, grid: Grid, frame_of_reference: str) -> Image:
    """Return the mask (uint8, 1 inside): voxels whose centre lies inside; a contour inside another cuts a hole.

    Raises MedmtlError where the coordinate systems differ or a contour lies outside the grid's slices.
    """
    if contours.frame_of_reference != frame_of_reference:
        found = f"{contours.frame_of_reference} and {frame_of_reference}"
        raise MedmtlError(f"{contours.path}: contours and image must share a frame of reference. Found {found}.")
    inside = np.zeros(grid.size[::-1], dtype=bool)
    for polygon in contours.polygons:
        indices = _continuous_indices(polygon, grid)
        inside[_slice(indices, grid, contours.path)] ^= polygon2mask(inside.shape[1:], indices[:, [1, 0]])
    return Image(inside.astype(np.uint8), grid)


def _read(path: Path) -> pydicom.Dataset:
    try:
        structure = pydicom.dcmread(path)
    except (InvalidDicomError, EOFError, OSError) as error:
        raise MedmtlError(f"{path}: the contours must be whole DICOM. Found: {error}") from error
    if structure.get("Modality") != "RTSTRUCT":
        raise MedmtlError(f"{path}: the modality must be RTSTRUCT. Found {structure.get('Modality')}.")
    return structure


def _polygons(structure: pydicom.Dataset, number: int, path: Path) -> tuple[NDArray[np.float64], ...]:
    drawn = [item for item in structure.get("ROIContourSequence", []) if int(item.ReferencedROINumber) == number]
    contours = [contour for item in drawn for contour in item.get("ContourSequence", [])]
    kinds = {str(contour.ContourGeometricType) for contour in contours}
    if kinds - {"CLOSED_PLANAR"}:
        raise MedmtlError(f"{path}: contours must be CLOSED_PLANAR. Found {', '.join(sorted(kinds))}.")
    polygons = (np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3) for contour in contours)
    closed = tuple(polygon for polygon in polygons if len(polygon) >= 3)  # a point or a line has no inside
    if not closed:
        raise MedmtlError(f"{path}: the region must have a contour of at least 3 points. Found none.")
    return closed


def _continuous_indices(points: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return the points [n, 3] in voxels, x, y, z; a whole number is a voxel's centre."""
    axes = np.array(grid.direction).reshape(3, 3) * np.array(grid.spacing)
    return np.linalg.solve(axes, (points - np.array(grid.origin)).T).T


def _slice(indices: NDArray[np.float64], grid: Grid, path: Path) -> int:
    depth = indices[:, 2]
    nearest = int(np.rint(depth.mean()))
    if np.abs(depth - nearest).max() > PLANE:
        raise MedmtlError(
            f"{path}: a contour must lie in one slice of the image. Found depths over {np.ptp(depth):.2f}."
        )
    if not 0 <= nearest < grid.size[2]:
        raise MedmtlError(
            f"{path}: contours must lie within the image. Found one at slice {nearest} of {grid.size[2]}."
        )
    return nearest
