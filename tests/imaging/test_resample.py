from pathlib import Path

import numpy as np
import pytest

from medmtl.imaging.image import read_grid, read_image, write_image
from medmtl.imaging.resample import resample_labels, resample_linear, resample_probability
from medmtl.records import Grid, Image

PLAIN = Grid((40, 40, 40), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
OTHERS = [
    Grid((40, 40, 40), (2.0, 2.0, 2.0), (-1.3, 0.7, 1.1)),
    Grid((27, 16, 20), (3.0, 5.0, 4.0), (-1.0, 1.0, 0.0)),
    Grid((70, 50, 25), (1.5, 1.5, 3.3), (10.0, -30.0, 0.0), TURNED),
    Grid((40, 40, 40), (2.0, 2.0, 2.0), (78.0, 78.0, 0.0), (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)),
]
BLOB = (31.7, 44.2, 38.9)


@pytest.mark.parametrize("grid", OTHERS)
def test_a_blob_stays_where_it_is_in_millimetres(grid: Grid, blob, middle_of_mass) -> None:
    moved = resample_linear(blob(PLAIN, BLOB, 5.0), grid, outside=0.0)
    assert moved.grid == grid
    np.testing.assert_allclose(middle_of_mass(moved), BLOB, atol=0.1)


@pytest.mark.parametrize("grid", OTHERS)
def test_a_blob_that_came_from_another_grid_and_a_file_lies_where_it_was(
    grid: Grid, blob, middle_of_mass, tmp_path: Path
) -> None:
    write_image(blob(grid, BLOB, 5.0), tmp_path / "blob.nii.gz")
    back = resample_linear(read_image(tmp_path / "blob.nii.gz"), PLAIN, outside=0.0)
    np.testing.assert_allclose(middle_of_mass(back), BLOB, atol=0.1)


def test_a_grid_survives_a_file(tmp_path: Path, blob) -> None:
    write_image(blob(OTHERS[2], BLOB, 5.0), tmp_path / "blob.nii.gz")
    found = read_grid(tmp_path / "blob.nii.gz")
    assert found.size == OTHERS[2].size
    np.testing.assert_allclose(found.spacing, OTHERS[2].spacing, atol=1e-6)
    np.testing.assert_allclose(found.origin, OTHERS[2].origin, atol=1e-4)
    np.testing.assert_allclose(found.direction, TURNED, atol=1e-6)
    assert found == read_image(tmp_path / "blob.nii.gz").grid


def test_outside_the_image_stands_what_is_asked_for() -> None:
    image = Image(np.full((10, 10, 10), 7.0, np.float32), Grid((10, 10, 10), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0)))
    wide = resample_linear(image, Grid((20, 10, 10), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0)), outside=-1024.0)
    assert (wide.array[:, :, :10] == 7).all()
    assert (wide.array[:, :, 10:] == -1024).all()


def test_fine_structure_is_averaged_on_a_coarse_grid() -> None:
    stripes = np.zeros((48, 48, 48), np.float32)
    stripes[:, :, ::2] = 1.0
    image = Image(stripes, Grid((48, 48, 48), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)))
    coarse = resample_linear(image, Grid((8, 8, 8), (4.0, 4.0, 4.0), (8.0, 8.0, 8.0)), outside=0.0)
    np.testing.assert_allclose(coarse.array, 0.5, atol=0.02)


def test_a_mask_keeps_its_labels_as_classes_and_their_volume() -> None:
    labels = np.zeros((40, 40, 40), np.uint8)
    labels[5:20, 5:20, 5:20], labels[22:34, 22:34, 22:34] = 7, 3
    grid = Grid((20, 20, 20), (4.0, 4.0, 4.0), (1.0, 1.0, 1.0))
    moved = resample_labels(Image(labels, PLAIN), grid, (7, 3))
    assert moved.array.dtype == np.uint8
    assert np.unique(moved.array).tolist() == [0, 1, 2]
    for label, kind in ((7, 1), (3, 2)):
        before = (labels == label).sum() * PLAIN.voxel_volume_ml
        assert (moved.array == kind).sum() * grid.voxel_volume_ml == pytest.approx(before, rel=0.1)


def test_a_voxel_that_a_label_fills_by_half_belongs_to_it() -> None:
    labels = np.zeros((1, 1, 2), np.uint8)
    labels[0, 0, 1] = 5
    mask = Image(labels, Grid((2, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)))
    between = Grid((1, 1, 1), (1.0, 1.0, 1.0), (0.5, 0.0, 0.0))
    assert resample_labels(mask, between, (5,)).array.item() == 1


def test_a_probability_carries_its_border_outwards() -> None:
    coarse = Image(np.full((2, 2, 2), 0.9, np.float32), Grid((2, 2, 2), (4.0, 4.0, 4.0), (2.0, 2.0, 2.0)))
    fine = resample_probability(coarse, Grid((8, 8, 8), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5)))
    np.testing.assert_allclose(fine.array, 0.9, atol=1e-6)


def test_an_image_whose_axes_are_stored_in_another_order_gives_the_same() -> None:
    image = Image(
        np.random.default_rng(0).random((20, 60, 60)).astype(np.float32), Grid((60, 60, 20), (1, 1, 6), (0,) * 3)
    )
    sagittal = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # stored as y, z, x
    stored = Image(image.array.transpose(2, 0, 1), Grid((60, 20, 60), (1, 6, 1), (0,) * 3, sagittal))
    grid = Grid((10, 10, 10), (4.0, 4.0, 8.0), (8.0, 8.0, 16.0))

    found = [resample_linear(one, grid, outside=0.0).array for one in (image, stored)]

    np.testing.assert_allclose(*found, atol=1e-5)
