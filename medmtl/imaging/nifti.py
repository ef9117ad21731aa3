"""Refuses a damaged NIfTI file, of which ITK reads what is cut off, or is not a number, as 0 without a word."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

_NAMES = ["type", "bits", "sizes", "start"]
_HEADERS = {  # by the number of bytes that they begin with: NIfTI-1 and NIfTI-2, nifti.nimh.nih.gov
    348: np.dtype({"names": _NAMES, "formats": ["i2", "i2", "8i2", "f4"], "offsets": [70, 72, 40, 108]}),
    540: np.dtype({"names": _NAMES, "formats": ["i2", "i2", "8i8", "i8"], "offsets": [12, 14, 16, 168]}),
}
_FLOATS = {16: "f4", 64: "f8"}  # by the header's type
_AT_ONCE = 1 << 24  # bytes: a whole body is read by pieces


class NotFiniteError(MedmtlError):
    """A voxel is not a number, or infinite."""


@dataclass(frozen=True, slots=True)
class _Voxels:
    """Where a file has its voxels [bytes], and how they are written if they are floating-point numbers."""

    start: int
    stop: int
    kind: str | None


def check_nifti(path: Path) -> None:
    """Raise MedmtlError where the file is cut off, or holds a number that is not finite; in little memory.

    A file that does not begin as NIfTI does is left to its reader.
    """
    try:
        with _opened(path) as file:
            _check(path, file)
    except (EOFError, OSError, OverflowError, ValueError, zlib.error) as error:
        raise MedmtlError(f"{path}: the image cannot be read ({error}). Is the file complete?") from error


def _opened(path: Path) -> BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _check(path: Path, file: BufferedIOBase) -> None:
    voxels = _found_in(file.read(max(_HEADERS)))
    file.seek(voxels.start)
    bad = sum(_not_finite(piece, voxels.kind) for piece in _pieces(file, voxels.stop - voxels.start))
    length = file.tell()
    while file.read(_AT_ONCE):  # what follows the voxels may be cut off as well
        pass
    if length < voxels.stop:
        raise MedmtlError(f"{path}: the image cannot be read (its voxels end too early). Is the file complete?")
    if bad:
        raise NotFiniteError(
            f"{path}: every voxel must be a finite number. Found {bad} that are not; export the series again."
        )


def _found_in(begin: bytes) -> _Voxels:
    for order in ("<", ">"):
        length = int(np.frombuffer(begin[:4].ljust(4, b"\0"), f"{order}i4")[0])
        if length in _HEADERS and len(begin) >= length:
            return _voxels(np.frombuffer(begin, _HEADERS[length].newbyteorder(order), 1), order)
    return _Voxels(0, 0, None)


def _voxels(header: NDArray[np.void], order: str) -> _Voxels:
    count, *sizes = header["sizes"][0].tolist()
    voxels, start = prod(sizes[: max(count, 0)]), int(header["start"][0])
    kind = _FLOATS.get(int(header["type"][0]))
    bytes_each = int(header["bits"][0])
    return _Voxels(start, start + voxels * bytes_each // 8, None if kind is None else order + kind)


def _pieces(file: BufferedIOBase, length: int) -> Iterator[bytes]:
    while length > 0 and (piece := file.read(min(_AT_ONCE, length))):
        length -= len(piece)
        yield piece


def _not_finite(piece: bytes, kind: str | None) -> int:
    if kind is None:
        return 0
    values = np.frombuffer(piece, kind, len(piece) // np.dtype(kind).itemsize)
    return int(np.count_nonzero(~np.isfinite(values)))
