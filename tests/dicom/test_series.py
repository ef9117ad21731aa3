from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medmtl.dicom.series import read_series
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Grid

Write = Callable[..., Path]


def test_slices_are_sorted_by_position_and_not_by_file_name(write_series: Write) -> None:
    series = read_series(write_series("CT"), "CT")
    assert series.image.array[:, 0, 0].tolist() == [1, 2, 3, 4]
    assert series.image.array.dtype == np.float32
    assert series.image.grid == Grid((6, 8, 4), (2.0, 4.0, 3.0), (-10.0, -20.0, 30.0))


def test_every_slice_is_rescaled_by_its_own_slope(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.RescaleSlope, header.RescaleIntercept = 0.5 * (index + 1), -10

    series = read_series(write_series("CT", change), "CT")
    np.testing.assert_allclose(series.image.array[:, 3, 2], [-9.5, -8, -5.5, -2])


def test_a_sagittal_series_keeps_its_place_in_space(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        header.ImagePositionPatient = [5 - 3 * index, 1, 2]

    grid = read_series(write_series("CT", change), "CT").image.grid
    assert grid.direction == (0, 0, -1, 1, 0, 0, 0, -1, 0)
    assert grid.origin == (5, 1, 2)


def _set(name: str, value: object, only: int | None = None) -> Callable[[Dataset, int], None]:
    def change(header: Dataset, index: int) -> None:
        if only is None or index == only:
            setattr(header, name, value)

    return change


def _drop(name: str) -> Callable[[Dataset, int], None]:
    return lambda header, index: delattr(header, name)


def _move(dx: float, dz: float) -> Callable[[Dataset, int], None]:
    return _set("ImagePositionPatient", [-10 + dx, -20, 36 + dz], only=2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("SeriesInstanceUID", "1.2.3", only=1), "several series"),
        (_set("PixelSpacing", [4, 3], only=1), "pixel spacing"),
        (_set("ImageOrientationPatient", [0, 1, 0, 0, 0, 1], only=0), "orientation"),
        (_set("Modality", "MR"), "modality must be CT"),
        (_set("NumberOfFrames", 2), "one slice"),
        (_set("ImageType", ["DERIVED", "SECONDARY", "MIP"]), "projections"),
        (_drop("RescaleSlope"), "RescaleSlope"),
        (_drop("ImagePositionPatient"), "ImagePositionPatient"),
        (_drop("PixelData"), "hold PixelData"),
        (_move(0, -3), "occur once"),
        (_move(0, 3), "occur once"),
        (_move(0, 1), "evenly spaced"),
        (_move(1, 0), "gantry tilt"),
    ],
)
def test_what_is_no_straight_even_stack_is_refused(
    change: Callable[[Dataset, int], None], reason: str, write_series: Write
) -> None:
    with pytest.raises(MedmtlError, match=reason):
        read_series(write_series("CT", change), "CT")


def test_a_missing_slice_is_refused(write_series: Write) -> None:
    files = write_series("CT")
    with pytest.raises(MedmtlError, match=r"Found a gap of 6\.00 mm after 3\.dcm|evenly"):
        read_series([file for file in files if file.name != "2.dcm"], "CT")


def test_a_file_that_is_no_dicom_is_refused_by_name(write_series: Write, tmp_path: Path) -> None:
    other = tmp_path / "5.dcm"
    for content in (b"not DICOM", b"", b"\0" * 200):
        other.write_bytes(content)
        with pytest.raises(MedmtlError, match=r"5\.dcm"):
            read_series([*write_series("CT"), other], "CT")


def test_no_slices_or_one_are_no_series(write_series: Write) -> None:
    for files in ([], write_series("CT")[:1]):
        with pytest.raises(MedmtlError, match="at least 2 slices"):
            read_series(files, "CT")


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
def test_a_published_ct_is_read_exactly(patient: str, shared_data: Path) -> None:
    series = read_series(sorted((shared_data / "sts" / "dicom" / patient / "CT" / "image").iterdir()), "CT")
    published = read_image(shared_data / "sts" / "nifti" / patient / "CT_image.nii.gz")
    np.testing.assert_array_equal(series.image.array, published.array)
    assert series.image.grid.size == published.grid.size
    np.testing.assert_allclose(series.image.grid.origin, published.grid.origin, atol=1e-4)
    np.testing.assert_allclose(series.image.grid.spacing, published.grid.spacing, atol=1e-6)
    np.testing.assert_allclose(series.image.grid.direction, published.grid.direction, atol=1e-6)
