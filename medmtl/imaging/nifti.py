"""Refuses a damaged NIfTI file, of which ITK reads what is cut off, or is not a number, as 0 without a word."""

import gzip
import zlib
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


def check_nifti(path: Path) -> None:
    """Raise MedmtlError where the file is cut off, or holds a number that is not finite.

    A file that does not begin as NIfTI does is left to its reader.
    """
    content = _content(path)
    for order in ("<", ">"):
        begins = int(np.frombuffer(content[:4].ljust(4, b"\0"), f"{order}i4")[0])
        if begins in _HEADERS and len(content) >= begins:
            _check_voxels(path, content, np.frombuffer(content, _HEADERS[begins].newbyteorder(order), 1), order)


def _content(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, OSError, zlib.error) as error:
        raise MedmtlError(f"{path}: the image cannot be read ({error}). Is the file complete?") from error


def _check_voxels(path: Path, content: bytes, header: NDArray[np.void], order: str) -> None:
    count, *sizes = header["sizes"][0].tolist()
    voxels, start = prod(sizes[: max(count, 0)]), int(header["start"][0])
    if len(content) < start + voxels * int(header["bits"][0]) // 8:
        raise MedmtlError(f"{path}: the image cannot be read (its voxels end too early). Is the file complete?")
    kind = _FLOATS.get(int(header["type"][0]))
    bad = 0 if kind is None else np.count_nonzero(~np.isfinite(np.frombuffer(content, order + kind, voxels, start)))
    if bad:
        raise MedmtlError(
            f"{path}: every voxel must be a finite number. Found {bad} that are not; export the series again."
        )
