"""Turns the stored pixels of one slice into its values, exactly."""

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray

from medmtl.dicom.tags import number
from medmtl.errors import MedmtlError


def rescaled(header: pydicom.Dataset, file: Path) -> NDArray[np.floating]:
    """Return the values of a slice [y, x], stored pixel times RescaleSlope plus RescaleIntercept.

    Raises MedmtlError where one of them is missing, the pixels are cut short or their compression is not read.
    """
    slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
    if not slope or intercept is None:
        raise MedmtlError(f"{file}: a slice must give RescaleSlope, not 0, and RescaleIntercept. Found {slope}.")
    if "PixelData" not in header:
        raise MedmtlError(f"{file}: a slice must hold PixelData. Found none. Is the file complete?")
    if header.file_meta.TransferSyntaxUID.is_compressed:
        return _decompressed(file, (int(header.Rows), int(header.Columns)))
    stored = _stored(header, file)
    if slope == 1 and intercept.is_integer() and stored.itemsize <= 2:  # most CTs; exact in single precision, and quick
        single: NDArray[np.float32] = np.add(stored, np.float32(intercept), dtype=np.float32)
        return single
    double: NDArray[np.float64] = np.multiply(stored, slope, dtype=np.float64)
    return double + intercept if intercept else double


def _stored(header: pydicom.Dataset, file: Path) -> NDArray[np.integer]:
    """Return the stored pixels, taken straight from their bytes: several times as quick as the general decoder."""
    allocated, bits = int(header.BitsAllocated), int(header.BitsStored)
    if allocated not in {8, 16, 32} or not 0 < bits <= allocated or int(header.HighBit) != bits - 1:
        raise MedmtlError(f"{file}: pixels must be of 8, 16 or 32 bits, low bits first. Found {bits} of {allocated}.")
    order = "<" if header.file_meta.TransferSyntaxUID.is_little_endian else ">"
    kind = np.dtype(f"{order}{'i' if int(header.PixelRepresentation) else 'u'}{allocated // 8}")
    count = int(header.Rows) * int(header.Columns)
    if len(header.PixelData) < count * kind.itemsize:
        raise MedmtlError(
            f"{file}: {count} pixels of {kind.itemsize} bytes must follow. Found {len(header.PixelData)} bytes; "
            "the file is cut short."
        )
    pixels: NDArray[np.integer] = np.frombuffer(header.PixelData, kind, count)
    spare = allocated - bits
    if spare:  # bits above the stored ones may hold an overlay; shifting back carries the sign
        pixels = pixels.astype(kind.newbyteorder("=")) << spare >> spare
    return pixels.reshape(int(header.Rows), int(header.Columns))


def _decompressed(file: Path, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the values by SimpleITK's GDCM, which reads RLE, JPEG, JPEG-LS and JPEG 2000 and rescales in double."""
    try:
        image = SimpleITK.ReadImage(str(file), SimpleITK.sitkFloat64, "GDCMImageIO")
    except RuntimeError as error:
        name = pydicom.dcmread(file, stop_before_pixels=True).file_meta.TransferSyntaxUID.name
        raise MedmtlError(
            f"{file}: the pixels must be readable. Found {name}, damaged or unknown. Export the series uncompressed."
        ) from error
    values: NDArray[np.float64] = SimpleITK.GetArrayFromImage(image).reshape(shape)
    return values
