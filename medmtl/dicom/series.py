"""Reads a folder of DICOM slices as one image, and refuses what would not be one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError

from medmtl.dicom.slices import check_geometry, check_slices, normal_of, position_of
from medmtl.errors import MedmtlError
from medmtl.records import Grid, Image


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One acquired series: `image` in the units of the rescaled values, float32; one header per slice, by position."""

    folder: Path
    image: Image
    headers: tuple[pydicom.Dataset, ...]

    @property
    def frame_of_reference(self) -> str:
        """The identifier of the patient's coordinate system, empty where the series has none."""
        return str(self.headers[0].get("FrameOfReferenceUID", ""))


def read_series(folder: Path, modality: str) -> Series:
    """Read every file of the folder as a slice, sort them along their normal, and rescale each by its own slope.

    `modality` is `CT` or `PT`. Raises MedmtlError with the reason where files are not DICOM, are of several series, or
    where slices are missing, double, tilted or unevenly spaced.
    """
    slices = [_read_slice(path) for path in _files(folder)]
    check_slices(slices, modality, folder)
    ordered = sorted(slices, key=lambda header: float(position_of(header) @ normal_of(header)))
    spacing = check_geometry(ordered, folder)
    array = np.stack([_rescaled(header, folder) for header in ordered])
    return Series(folder, Image(array, _grid(ordered, array.shape, spacing)), tuple(ordered))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MedmtlError(f"{folder}: a folder of DICOM slices must exist. Correct the path.")
    hidden = (".", "DICOMDIR")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(hidden))


def _read_slice(path: Path) -> pydicom.Dataset:
    try:
        return pydicom.dcmread(path)
    except (InvalidDicomError, EOFError, OSError) as error:
        raise MedmtlError(f"{path}: every file of a series must be whole DICOM. Found: {error}") from error


def _rescaled(header: pydicom.Dataset, folder: Path) -> NDArray[np.float32]:
    if "RescaleSlope" not in header or "RescaleIntercept" not in header:
        raise MedmtlError(f"{folder}: every slice must give RescaleSlope and RescaleIntercept. Found one without.")
    try:
        stored = header.pixel_array.astype(np.float64)
    except (AttributeError, NotImplementedError, RuntimeError, ValueError) as error:
        raise MedmtlError(f"{folder}: the pixels of a slice cannot be read ({error}). Is the file complete?") from error
    values: NDArray[np.float32] = stored * float(header.RescaleSlope) + float(header.RescaleIntercept)
    return values.astype(np.float32)


def _grid(ordered: Sequence[pydicom.Dataset], shape: tuple[int, ...], spacing: float) -> Grid:
    first = ordered[0]
    row_step, column_step = (float(step) for step in first.PixelSpacing)
    x, y, z = position_of(first).tolist()
    across, down = np.array(first.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    direction = np.stack([across, down, normal_of(first)], axis=1).ravel()
    return Grid((shape[2], shape[1], shape[0]), (column_step, row_step, spacing), (x, y, z), tuple(direction.tolist()))
