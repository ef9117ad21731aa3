"""Reads and writes an image with its grid, by SimpleITK."""

from pathlib import Path

import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.errors import MedmtlError
from medmtl.imaging.nifti import check_nifti
from medmtl.records import Grid, Image
from medmtl.whole_file import whole_file


def read_image(path: Path) -> Image:
    """Read a three-dimensional image of one channel, whatever format SimpleITK knows.

    Raises MedmtlError where the file is missing, cannot be read, or is not of three dimensions and one channel.
    """
    return from_sitk(read_sitk(path))


def read_sitk(path: Path) -> sitk.Image:
    """Read the same as `read_image`, as a SimpleITK image."""
    if not path.is_file():
        raise MedmtlError(f"{path}: the file does not exist. Correct the path in the manifest, or restore the file.")
    if path.name.endswith((".nii", ".nii.gz")):
        check_nifti(path)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise MedmtlError(f"{path}: the image cannot be read ({_last_line(error)}). Is the file complete?") from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        found = f"{image.GetDimension()} dimensions and {image.GetNumberOfComponentsPerPixel()} channels"
        raise MedmtlError(f"{path}: an image must have 3 dimensions and 1 channel. Found {found}.")
    return image


def read_grid(path: Path) -> Grid:
    """Read the grid of an image alone, without its voxels."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise MedmtlError(f"{path}: the image cannot be read ({_last_line(error)}). Is the file complete?") from error
    return Grid(reader.GetSize(), reader.GetSpacing(), reader.GetOrigin(), reader.GetDirection())


def write_image(image: Image, path: Path) -> None:
    """Write the image, compressed, so that a file of this name is either whole or absent."""
    with whole_file(path) as partial:
        sitk.WriteImage(to_sitk(image), str(partial), useCompression=True)


def from_sitk(image: sitk.Image) -> Image:
    """Return the array and grid of a SimpleITK image."""
    return Image(sitk.GetArrayFromImage(image), grid_of(image))


def to_sitk(image: Image) -> sitk.Image:
    """Return a SimpleITK image of the same voxels in the same place."""
    result = sitk.GetImageFromArray(image.array)
    result.SetSpacing(image.grid.spacing)
    result.SetOrigin(image.grid.origin)
    result.SetDirection(image.grid.direction)
    return result


def grid_of(image: sitk.Image) -> Grid:
    """Return the grid of a SimpleITK image."""
    return Grid(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def _last_line(error: RuntimeError) -> str:
    return str(error).strip().splitlines()[-1].strip()
