"""Reads the contours of regions from an RTSTRUCT."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from medmtl.dicom.readable import readable
from medmtl.dicom.regions import Patterns, choose_regions
from medmtl.dicom.tags import text
from medmtl.errors import MedmtlError

Polygons = tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """The closed contours of one region, each [n, 3] in mm, and the coordinate system they are given in."""

    name: str
    frame_of_reference: str
    polygons: Polygons


@dataclass(frozen=True, slots=True, eq=False)
class ContourSet:
    """The regions chosen from one file, by label in the order asked for, and what to report of them."""

    path: Path
    labels: Mapping[str, tuple[Contours, ...]]
    notes: tuple[str, ...] = ()


def read_contours(path: Path, patterns: Patterns) -> ContourSet:
    """Return the regions whose names match, by label; see `choose_regions` for how they are chosen.

    Contours of fewer than 3 points and regions without contours are left out with a note. Raises MedmtlError where
    the file is no RTSTRUCT, no region matches, a contour is not CLOSED_PLANAR, or nothing is drawn in any of them.
    """
    with readable(path, "the contours must be whole DICOM"):
        return _chosen(path, patterns)


def _chosen(path: Path, patterns: Patterns) -> ContourSet:
    structure = _read(path)
    regions = {int(region.ROINumber): region for region in structure.get("StructureSetROISequence") or []}
    choice = choose_regions({number: text(region, "ROIName") for number, region in regions.items()}, patterns, path)
    notes = list(choice.notes)
    labels = {
        label: tuple(_region(structure, regions[number], path, notes) for number in numbers)
        for label, numbers in choice.numbers.items()
    }
    if not any(region.polygons for drawn in labels.values() for region in drawn):
        raise MedmtlError(f"{path}: a region must have a contour of at least 3 points. Found none.")
    return ContourSet(path, labels, tuple(notes))


def _read(path: Path) -> pydicom.Dataset:
    structure = pydicom.dcmread(path)
    if text(structure, "Modality") != "RTSTRUCT":
        raise MedmtlError(f"{path}: the modality must be RTSTRUCT. Found {text(structure, 'Modality') or 'none'}.")
    return structure


def _region(structure: pydicom.Dataset, region: pydicom.Dataset, path: Path, notes: list[str]) -> Contours:
    name, frame = text(region, "ROIName"), text(region, "ReferencedFrameOfReferenceUID") or _frame(structure)
    drawn = [
        contour
        for item in structure.get("ROIContourSequence") or []
        if int(item.ReferencedROINumber) == int(region.ROINumber)
        for contour in item.get("ContourSequence") or []
    ]
    points = [_points(contour, name, path) for contour in drawn]
    closed = tuple(each for each in points if len(each) >= 3)  # a point or a line has no inside
    if not points:
        notes.append(f"{name} has no contours")
    elif len(closed) < len(points):
        notes.append(f"{name}: {len(points) - len(closed)} contours of fewer than 3 points are left out")
    return Contours(name, frame, closed)


def _frame(structure: pydicom.Dataset) -> str:
    """Return the one coordinate system that the file names, for a region that names none."""
    named = {text(item, "FrameOfReferenceUID") for item in structure.get("ReferencedFrameOfReferenceSequence") or []}
    named = named or {text(structure, "FrameOfReferenceUID")}
    return named.pop() if len(named) == 1 else ""


def _points(contour: pydicom.Dataset, name: str, path: Path) -> NDArray[np.float64]:
    """Return the points [n, 3] in mm; a point or a line, of whatever kind, is too short to be refused for its kind."""
    try:
        points = np.array(contour.get("ContourData") or [], dtype=np.float64).reshape(-1, 3)
    except ValueError as error:
        raise MedmtlError(f"{path}: contours of {name} must be points of three numbers. Found: {error}.") from error
    kind = text(contour, "ContourGeometricType")
    if len(points) >= 3 and kind != "CLOSED_PLANAR":
        raise MedmtlError(f"{path}: contours of {name} must be CLOSED_PLANAR. Found {kind or 'no type'}.")
    if not np.isfinite(points).all():
        raise MedmtlError(f"{path}: contours of {name} must be finite points. Found others.")
    return points
