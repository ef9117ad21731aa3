from pathlib import Path

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Grid, Image

GRID = Grid((9, 8, 7), (1.0, 2.0, 3.0), (0.0, 0.0, 0.0))
KINDS = [np.uint8, np.int16, np.float32, np.float64]


def noise(kind: type[np.generic]) -> np.ndarray:
    """Voxels that no compression can shorten."""
    return np.random.default_rng(0).integers(0, 200, GRID.size[::-1]).astype(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_refused(kind: type[np.generic], suffix: str, part: float, tmp_path: Path) -> None:
    path = tmp_path / f"image{suffix}"
    write_image(Image(noise(kind), GRID), path)
    np.testing.assert_array_equal(read_image(path).array, noise(kind))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(MedmtlError, match=r"image\.nii.*the image cannot be read.*Is the file complete\?"):
        read_image(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_voxel_that_is_no_number_is_not_read_as_nought(value: float, kind: type[np.generic], tmp_path: Path) -> None:
    array = noise(kind)
    array[0, 0, :2] = value
    write_image(Image(array, GRID), tmp_path / "image.nii.gz")
    with pytest.raises(MedmtlError, match=r"every voxel must be a finite number\. Found 2"):
        read_image(tmp_path / "image.nii.gz")


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order: str, tmp_path: Path) -> None:
    write_image(Image(noise(np.int16), GRID), tmp_path / "image.nii")
    content = bytearray((tmp_path / "image.nii").read_bytes())
    if order == ">":
        for kind, places in (("i4", [0]), ("i2", [*range(40, 56, 2), 70, 72, 252, 254]), ("f4", _float_places())):
            for place in places:
                value = np.frombuffer(content, f"<{kind}", 1, place).astype(f">{kind}").tobytes()
                content[place : place + len(value)] = value
        content[352:] = np.frombuffer(content, "<i2", offset=352).astype(">i2").tobytes()
    (tmp_path / "image.nii").write_bytes(content)
    np.testing.assert_array_equal(read_image(tmp_path / "image.nii").array, noise(np.int16))
    (tmp_path / "image.nii").write_bytes(content[:-10])
    with pytest.raises(MedmtlError, match="its voxels end too early"):
        read_image(tmp_path / "image.nii")


def _float_places() -> list[int]:
    """The places of the single-precision numbers of a NIfTI-1 header."""
    return [*range(56, 68, 4), *range(76, 120, 4), *range(124, 140, 4), *range(256, 328, 4)]
