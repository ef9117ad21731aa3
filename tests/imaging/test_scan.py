import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging import scan as module
from medmtl.imaging.grid import points_at
from medmtl.imaging.image import read_image, write_image
from medmtl.imaging.scan import open_scan
from medmtl.imaging.voxel_box import Box, part_of
from medmtl.records import Grid, Image

LEAN = (np.cos(0.2), -np.sin(0.2), 0.0, np.sin(0.2), np.cos(0.2), 0.0, 0.0, 0.0, -1.0)
GRID = Grid((20, 15, 12), (1.5, 2.0, 3.0), (-10.0, 5.0, 30.0), tuple(map(float, LEAN)))
KINDS = ["nii", "nii.gz", "mha", "nrrd"]


@pytest.fixture(params=KINDS)
def scan(request, tmp_path):
    noise = np.random.default_rng(0).integers(-1000, 1000, GRID.size[::-1]).astype(np.int16)
    write_image(Image(noise, GRID), tmp_path / f"image.{request.param}")
    return open_scan(tmp_path / f"image.{request.param}")


def test_a_part_is_read_as_it_is_in_the_whole(scan) -> None:
    box = Box((3, 2, 4), (10, 9, 5))
    found, whole = scan.read(box), read_image(scan.path)
    np.testing.assert_array_equal(found.array, whole.array[box.slices])
    assert found.array.dtype == np.int16
    np.testing.assert_allclose(found.grid.origin, part_of(whole.grid, box).origin, atol=1e-4)
    np.testing.assert_array_equal(scan.read().array, whole.array)
    assert scan.read().grid == whole.grid


def test_slabs_make_up_the_box(scan, monkeypatch) -> None:
    monkeypatch.setattr(module, "_VOXELS_AT_ONCE", 3 * 10 * 9)
    box = Box((3, 2, 1), (10, 9, 11))
    slabs = list(scan.slabs(box))
    assert [z for z, _ in slabs] == [1, 4, 7, 10]
    np.testing.assert_array_equal(np.concatenate([image.array for _, image in slabs]), scan.read(box).array)


@pytest.mark.parametrize("at_once", [1, 10**6])
def test_a_coarse_reading_meets_voxels_where_they_are(at_once: int, scan, monkeypatch) -> None:
    monkeypatch.setattr(module, "_VOXELS_AT_ONCE", at_once)
    coarse = scan.coarse(6.5, Box((1, 2, 1), (17, 13, 11)))
    whole = read_image(scan.path)
    np.testing.assert_array_equal(coarse.array, whole.array[1:12:2, 2:15:3, 1:18:4])
    here = points_at(coarse.grid, np.array([[2.0, 1.0, 3.0]]))
    np.testing.assert_allclose(here, points_at(whole.grid, np.array([[9.0, 5.0, 7.0]])), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_that_is_not_finite_is_met_when_it_is_read(kind: str, tmp_path) -> None:
    array = np.zeros(GRID.size[::-1], np.float32)
    array[6, 7, 8] = np.nan
    write_image(Image(array, GRID), tmp_path / f"image.{kind}")

    with pytest.raises(MedmtlError, match=r"every voxel must be a finite number\. Found 1"):
        open_scan(tmp_path / f"image.{kind}").coarse(100.0)


def test_a_file_that_ends_too_early_is_refused(tmp_path) -> None:
    write_image(Image(np.ones(GRID.size[::-1], np.float32), GRID), tmp_path / "image.mha")
    whole = (tmp_path / "image.mha").read_bytes()
    (tmp_path / "image.mha").write_bytes(whole[:-20])
    with pytest.raises(MedmtlError, match=r"image\.mha: the image cannot be read"):
        open_scan(tmp_path / "image.mha").read()
