"""Reads DICOM slices as one image, and refuses what would not be one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from medmtl.dicom.pixels import rescaled
from medmtl.dicom.readable import readable
from medmtl.dicom.slices import Slice, check_geometry, check_slices, normal_of, position_of
from medmtl.dicom.tags import text
from medmtl.records import Grid, Image


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One acquired series: `image` in the units of the rescaled values, float32; files and headers in slice order.

    The headers hold no pixels. `notes` says what a reader of the report should know, such as a lossy compression.
    """

    files: tuple[Path, ...]
    image: Image
    headers: tuple[pydicom.Dataset, ...]
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the first slice, by which errors name the series."""
        return self.files[0].parent

    @property
    def frame_of_reference(self) -> str:
        """The identifier of the patient's coordinate system, empty where the series has none."""
        return text(self.headers[0], "FrameOfReferenceUID")


def read_series(files: Sequence[Path], modality: str) -> Series:
    """Read every file as a slice, sort the slices along their normal, and rescale each by its own slope.

    `modality` is `CT` or `PT`. Raises MedmtlError with the reason and the file where one is not whole DICOM or of
    another series, or where slices are missing, double, tilted or unevenly spaced.
    """
    slices = [_read_slice(path) for path in files]
    check_slices(slices, modality)
    ordered = sorted(slices, key=lambda each: float(position_of(each.header) @ normal_of(each.header)))
    spacing = check_geometry(ordered)
    array = _stack(ordered)
    image = Image(array, _grid(ordered[0].header, array.shape, spacing))
    headers = tuple(each.header for each in ordered)
    return Series(tuple(each.file for each in ordered), image, headers, _notes(headers))


def _read_slice(path: Path) -> Slice:
    with readable(path, "every file of a series must be whole DICOM"):
        return Slice(path, pydicom.dcmread(path))


def _stack(ordered: Sequence[Slice]) -> NDArray[np.float32]:
    """Return the values [z, y, x]; the stored pixels are let go slice by slice, as both would fill the memory."""
    first = ordered[0].header
    array = np.empty((len(ordered), int(first.Rows), int(first.Columns)), dtype=np.float32)
    for index, each in enumerate(ordered):
        with readable(each.file, "the pixels of a slice must be readable"):
            array[index] = rescaled(each.header, each.file)
        del each.header.PixelData
    return array


def _grid(first: pydicom.Dataset, shape: tuple[int, ...], spacing: float) -> Grid:
    row_step, column_step = (float(step) for step in first.PixelSpacing)
    x, y, z = position_of(first).tolist()
    across, down = np.array(first.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    direction = np.stack([across, down, normal_of(first)], axis=1).ravel()
    return Grid((shape[2], shape[1], shape[0]), (column_step, row_step, spacing), (x, y, z), tuple(direction.tolist()))


def _notes(headers: Sequence[pydicom.Dataset]) -> tuple[str, ...]:
    lossy = any(text(header, "LossyImageCompression") == "01" for header in headers)
    return ("the pixels were once compressed with loss",) if lossy else ()
