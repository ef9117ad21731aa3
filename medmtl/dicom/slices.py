"""What must hold between the slices of one series."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

SAME = (  # what every slice of a series shares, and what it means where one does not
    ("SeriesInstanceUID", "the folder mixes series; keep one series per folder"),
    ("FrameOfReferenceUID", "the slices lie in several coordinate systems"),
    ("Rows", "the slices differ in size"),
    ("Columns", "the slices differ in size"),
    ("PixelSpacing", "the slices differ in pixel spacing"),
    ("ImageOrientationPatient", "the slices differ in orientation; keep scouts apart"),
)
NEEDED = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
POSITION_MM = 0.05  # scanners write positions with two decimals or better
UNEVEN = 0.02  # of the spacing: more would move the last of fifty slices by a whole one


def check_slices(slices: Sequence[pydicom.Dataset], modality: str, folder: Path) -> None:
    """Raise MedmtlError unless these are at least two single slices of one series of this modality."""
    if len(slices) < 2:
        raise MedmtlError(f"{folder}: a series must have at least 2 slices. Found {len(slices)}.")
    for header in slices:
        _check_slice(header, modality, folder)
    for name, reason in SAME:
        found = {str(header.get(name)) for header in slices}
        if len(found) > 1:
            raise MedmtlError(f"{folder}: {name} must be the same in every slice: {reason}. Found {len(found)} values.")


def check_geometry(ordered: Sequence[pydicom.Dataset], folder: Path) -> float:
    """Return the distance between slices [mm]; raise MedmtlError unless they are stacked straight and evenly."""
    positions = np.array([position_of(header) for header in ordered])
    normal = normal_of(ordered[0])
    along = positions @ normal
    aside = np.linalg.norm(positions - positions[0] - np.outer(along - along[0], normal), axis=1)
    steps = np.diff(along)
    spacing = float(np.median(steps))
    if steps.min() < POSITION_MM:
        raise MedmtlError(f"{folder}: each slice must occur once. Found two at {along[int(steps.argmin())]:.2f} mm.")
    if aside.max() > POSITION_MM:
        raise MedmtlError(f"{folder}: slices must be stacked along their normal; gantry tilt is not supported.")
    if steps.max() > 1.5 * spacing:
        gap = float(along[int(steps.argmax())])
        raise MedmtlError(f"{folder}: no slice may be missing. Found a gap of {steps.max():.2f} mm after {gap:.2f} mm.")
    if np.ptp(steps) > max(UNEVEN * spacing, POSITION_MM):
        raise MedmtlError(f"{folder}: slices must be evenly spaced. Found {steps.min():.3f} to {steps.max():.3f} mm.")
    return float(steps.mean())


def position_of(header: pydicom.Dataset) -> NDArray[np.float64]:
    """Return where the first pixel's centre lies [3] [mm]."""
    return np.array(header.ImagePositionPatient, dtype=np.float64)


def normal_of(header: pydicom.Dataset) -> NDArray[np.float64]:
    """Return the direction in which slices are stacked [3], of length 1."""
    across, down = np.array(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    normal = np.cross(across, down)
    return normal / np.linalg.norm(normal)


def _check_slice(header: pydicom.Dataset, modality: str, folder: Path) -> None:
    found = str(header.get("Modality", "none"))
    if found != modality:
        raise MedmtlError(f"{folder}: the modality must be {modality}. Found {found}.")
    lacking = [name for name in NEEDED if header.get(name) is None]
    if lacking:
        raise MedmtlError(f"{folder}: every slice must give {', '.join(NEEDED)}. Found one without {lacking[0]}.")
    if int(header.get("NumberOfFrames", 1) or 1) > 1 or int(header.get("SamplesPerPixel", 1)) > 1:
        raise MedmtlError(f"{folder}: a file must hold one slice of one channel. Found several; enhanced is not read.")
    if "MIP" in str(header.get("ImageType", "")) or "REPROJECTION" in str(header.get("SeriesType", "")):
        raise MedmtlError(f"{folder}: slices must be tomographic. Found projections.")
