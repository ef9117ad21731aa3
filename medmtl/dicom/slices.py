"""What must hold between the slices of one series."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import UID

from medmtl.dicom.readable import readable
from medmtl.dicom.tags import number, text, words
from medmtl.errors import MedmtlError

SAME = (  # what every slice of a series shares, and what it means where one does not
    ("SeriesInstanceUID", "the files are of several series; keep one series apart from the other"),
    ("FrameOfReferenceUID", "the slices lie in several coordinate systems"),
    ("Rows", "the slices differ in size"),
    ("Columns", "the slices differ in size"),
)
ALIKE = (  # numbers that may differ in their last digits
    ("PixelSpacing", "the slices differ in pixel spacing"),
    ("ImageOrientationPatient", "the slices differ in orientation; keep scouts apart"),
)
NUMBERS = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2, "Rows": 1, "Columns": 1}
DIGITS = 1e-4  # of a cosine or a millimetre: what scanners write differently from slice to slice
SQUARE = 1e-2  # the cosines are written with few digits
POSITION_MM = 0.1  # scanners write positions with one decimal or better
UNEVEN = 0.02  # of the spacing, the most that a slice may lie beside its even place


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One file of a series and what it holds."""

    file: Path
    header: pydicom.Dataset


def check_slices(slices: Sequence[Slice], modality: str) -> None:
    """Raise MedmtlError, naming the file, unless these are at least two single slices of one series of the modality."""
    for each in slices:
        with readable(each.file):
            _check_slice(each, modality)
            _check_same(each, slices[0])
    if len(slices) < 2:
        raise MedmtlError(f"{_place(slices)}: a series must have at least 2 slices. Found {len(slices)}.")


def check_geometry(ordered: Sequence[Slice]) -> float:
    """Return the distance between slices [mm]; raise MedmtlError unless they are stacked straight and evenly."""
    positions = np.array([position_of(each.header) for each in ordered])
    normal = normal_of(ordered[0].header)
    along = positions @ normal
    steps = np.diff(along)
    place, closest, widest = ordered[0].file.parent, int(steps.argmin()), int(steps.argmax())
    spacing = float(np.median(steps))
    if steps[closest] < POSITION_MM:
        found = f"{ordered[closest].file.name} and {ordered[closest + 1].file.name} at {along[closest]:.2f} mm"
        raise MedmtlError(f"{place}: each slice must occur once. Found {found}: is it a dynamic or double series?")
    if np.linalg.norm(positions - positions[0] - np.outer(along - along[0], normal), axis=1).max() > POSITION_MM:
        raise MedmtlError(f"{place}: slices must be stacked along their normal; gantry tilt is not supported.")
    if steps[widest] > 1.5 * spacing:
        found = f"a gap of {steps[widest]:.2f} mm after {ordered[widest].file.name} at {along[widest]:.2f} mm"
        raise MedmtlError(f"{place}: no slice may be missing. Found {found}.")
    even = np.linspace(along[0], along[-1], len(along))
    if np.abs(along - even).max() > max(UNEVEN * spacing, POSITION_MM):
        raise MedmtlError(f"{place}: slices must be evenly spaced. Found {steps.min():.3f} to {steps.max():.3f} mm.")
    return float(steps.mean())


def position_of(header: pydicom.Dataset) -> NDArray[np.float64]:
    """Return where the first pixel's centre lies [3] [mm]."""
    return np.array(header.ImagePositionPatient, dtype=np.float64)


def normal_of(header: pydicom.Dataset) -> NDArray[np.float64]:
    """Return the direction in which slices are stacked [3], of length 1."""
    across, down = np.array(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    normal = np.cross(across, down)
    return normal / np.linalg.norm(normal)


def _check_slice(each: Slice, modality: str) -> None:
    header, file = each.header, each.file
    kind = UID(text(header, "SOPClassUID")).name
    if "Enhanced" in kind:
        raise MedmtlError(f"{file}: slices must be one per file. Found {kind}; export the classic form instead.")
    found = text(header, "Modality") or "none"
    if found != modality:
        raise MedmtlError(f"{file}: the modality must be {modality}. Found {found}.")
    if (number(header, "NumberOfFrames") or 1) > 1 or (number(header, "SamplesPerPixel") or 1) > 1:
        raise MedmtlError(f"{file}: a file must hold one slice of one channel. Found several frames or channels.")
    for name in NUMBERS:
        _numbers(each, name)
    if {"MIP", "LOCALIZER"} & set(words(header, "ImageType")) or "REPROJECTION" in words(header, "SeriesType"):
        raise MedmtlError(
            f"{file}: slices must be tomographic. Found projections ({'/'.join(words(header, 'ImageType'))})."
        )
    across, down = _numbers(each, "ImageOrientationPatient").reshape(2, 3)
    if not np.allclose([across @ across, down @ down, across @ down], [1, 1, 0], atol=SQUARE):
        raise MedmtlError(
            f"{file}: ImageOrientationPatient must be two unit vectors, square to each other. Found others."
        )
    if (_numbers(each, "PixelSpacing") <= 0).any():
        raise MedmtlError(f"{file}: PixelSpacing must be above 0. Found {header.PixelSpacing}.")
    if modality == "CT" and text(header, "RescaleType") not in {"", "HU", "HU_MOD", "US"}:  # US is "unspecified"
        raise MedmtlError(f"{file}: a CT must be in HU. Found RescaleType {text(header, 'RescaleType')}.")


def _check_same(each: Slice, first: Slice) -> None:
    for name, reason in SAME:
        if text(each.header, name) != text(first.header, name):
            raise _differ(first, each, name, reason)
    for name, reason in ALIKE:
        if not np.allclose(_numbers(each, name), _numbers(first, name), rtol=0, atol=DIGITS):
            raise _differ(first, each, name, reason)


def _numbers(each: Slice, name: str) -> NDArray[np.float64]:
    try:
        value = np.array(each.header.get(name), dtype=np.float64).ravel()
    except (TypeError, ValueError):
        value = np.array([])
    if len(value) != NUMBERS[name] or not np.isfinite(value).all():
        found = each.header.get(name, "nothing")
        raise MedmtlError(f"{each.file}: every slice must give {name}, {NUMBERS[name]} numbers. Found {found}.")
    return value


def _differ(first: Slice, other: Slice, name: str, reason: str) -> MedmtlError:
    found = f"{first.header.get(name)} in {first.file.name} and {other.header.get(name)} in {other.file.name}"
    return MedmtlError(f"{_place([first])}: {name} must be the same in every slice: {reason}. Found {found}.")


def _place(slices: Sequence[Slice]) -> Path | str:
    return slices[0].file.parent if slices else "no files"
