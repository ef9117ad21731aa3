"""Images whose content is known in millimetres."""

from pathlib import Path

import numpy as np
import pytest

from medmtl.imaging.image import write_image
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Grid, Image

CT_GRID = Grid((24, 20, 16), (2.0, 2.0, 3.0), (-10.0, 5.0, 30.0))
PET_GRID = Grid((16, 15, 14), (4.0, 4.0, 4.0), (-16.0, 0.0, 25.0))


def _centres(grid):
    """Return the centre of every voxel [mm], array of shape [z, y, x, 3] in the order x, y, z."""
    axes = np.meshgrid(*(np.arange(n) for n in grid.size[::-1]), indexing="ij")
    index = np.stack(axes[::-1], axis=-1) * np.array(grid.spacing)
    return np.array(grid.origin) + index @ np.array(grid.direction).reshape(3, 3).T


def _blob(grid, centre_mm, sigma_mm):
    distance = ((_centres(grid) - np.array(centre_mm)) ** 2).sum(axis=-1)
    return Image(np.exp(-distance / (2 * sigma_mm**2)).astype(np.float32), grid)


def _middle_of_mass(image):
    weight = image.array.astype(np.float64)
    return (_centres(image.grid) * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum()


@pytest.fixture
def blob():
    """Make an image of a Gaussian at a point [mm] on a grid."""
    return _blob


@pytest.fixture
def middle_of_mass():
    """Give the centre of mass [mm] of an image."""
    return _middle_of_mass


@pytest.fixture
def settings() -> PrepareSettings:
    return PrepareSettings(spacing_mm=(4.0, 4.0, 4.0))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case whose PET is SUV 3 with a hot box of 9, whose CT is water, and whose mask is the hot box."""
    inside = (np.abs(_centres(CT_GRID) - (12.0, 24.0, 52.0)) < 8).all(axis=-1)
    hot = (np.abs(_centres(PET_GRID) - (12.0, 24.0, 52.0)) < 8).all(axis=-1)
    write_image(Image(np.zeros(CT_GRID.size[::-1], np.int16), CT_GRID), tmp_path / "ct.nii.gz")
    write_image(Image(np.where(hot, 9, 3).astype(np.float32), PET_GRID), tmp_path / "pet.nii.gz")
    write_image(Image(inside.astype(np.uint8), CT_GRID), tmp_path / "mask.nii.gz")
    return Case("a-1", "A", tmp_path / "ct.nii.gz", tmp_path / "pet.nii.gz", tmp_path / "mask.nii.gz")
