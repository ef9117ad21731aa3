"""An image on disk of which parts are read: a scan of the whole body need never be in memory as a whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.errors import MedmtlError
from medmtl.imaging.image import grid_of
from medmtl.imaging.nifti import check_nifti
from medmtl.imaging.voxel_box import Box, part_of, whole_box
from medmtl.records import Grid, Image

T = TypeVar("T")

_VOXELS_AT_ONCE = 16_000_000  # 64 MB as float32


@dataclass(frozen=True, slots=True)
class Scan:
    """An image's file and its grid."""

    path: Path
    grid: Grid

    def read(self, box: Box | None = None) -> Image:
        """Read the voxels of the box, or all, in the type that the file has them in.

        Raises MedmtlError where they cannot be read or are not all finite.
        """
        reader = _reader(self.path)
        part = whole_box(self.grid) if box is None else box
        reader.SetExtractIndex(part.start)
        reader.SetExtractSize(part.size)
        array = sitk.GetArrayFromImage(_tried(reader.Execute, self.path))
        bad = int(np.count_nonzero(~np.isfinite(array))) if array.dtype.kind == "f" else 0
        if bad:
            raise MedmtlError(
                f"{self.path}: every voxel must be a finite number. Found {bad} that are not; export the series again."
            )
        return Image(array, part_of(self.grid, part))

    def slabs(self, box: Box | None = None) -> Iterator[tuple[int, Image]]:
        """Read the voxels of the box, or all, by slabs along z; yield each with its first z."""
        whole = whole_box(self.grid) if box is None else box
        (x, y, first), (nx, ny, _) = whole.start, whole.size
        deep = max(1, _VOXELS_AT_ONCE // (nx * ny))
        for z in range(first, whole.stop[2], deep):
            yield z, self.read(Box((x, y, z), (nx, ny, min(deep, whole.stop[2] - z))))

    def coarse(self, spacing_mm: float, box: Box | None = None) -> Image:
        """Read every so manieth voxel of the box, or of all, so that they lie no further apart than `spacing_mm`.

        Voxels are met or missed, not averaged: it is for finding large things, in little memory.
        """
        part = whole_box(self.grid) if box is None else box
        x, y, z = (max(1, int(spacing_mm / old)) for old in self.grid.spacing)
        taken = [slab.array[(part.start[2] - first) % z :: z, ::y, ::x] for first, slab in self.slabs(part)]
        array = np.concatenate(taken)
        own = part_of(self.grid, part)
        nz, ny, nx = array.shape
        sx, sy, sz = own.spacing
        return Image(array, Grid((nx, ny, nz), (sx * x, sy * y, sz * z), own.origin, own.direction))


def open_scan(path: Path) -> Scan:
    """Return the scan of a file; raise MedmtlError as `read_image` does, but for voxels that only reading meets."""
    if not path.is_file():
        raise MedmtlError(f"{path}: the file does not exist. Correct the path in the manifest, or restore the file.")
    if path.name.endswith((".nii", ".nii.gz")):
        check_nifti(path)
    reader = _reader(path)
    _tried(reader.ReadImageInformation, path)
    if reader.GetDimension() != 3 or reader.GetNumberOfComponents() != 1:
        found = f"{reader.GetDimension()} dimensions and {reader.GetNumberOfComponents()} channels"
        raise MedmtlError(f"{path}: an image must have 3 dimensions and 1 channel. Found {found}.")
    return Scan(path, _without_minus_zero(grid_of(reader)))


def _without_minus_zero(grid: Grid) -> Grid:
    """Return the grid as the image itself has it, once it is read: a header alone may give -0.0 as a cosine."""
    x, y, z = (value + 0.0 for value in grid.origin)
    return Grid(grid.size, grid.spacing, (x, y, z), tuple(value + 0.0 for value in grid.direction))


def _reader(path: Path) -> sitk.ImageFileReader:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    return reader


def _tried(act: Callable[[], T], path: Path) -> T:
    try:
        return act()
    except RuntimeError as error:
        told = str(error).strip().splitlines()[-1].strip()
        raise MedmtlError(f"{path}: the image cannot be read ({told}). Is the file complete?") from error
