from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medmtl.dicom.rtstruct import fill_contours, read_contours
from medmtl.dicom.series import read_series
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Grid

FRAME = "1.2.826.0.1.3680043.10.1"
GRID = Grid((10, 8, 3), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0))
Write = Callable[..., Path]


def _square(low: float, high: float, z: float) -> np.ndarray:
    return np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]])


def test_voxels_whose_centre_lies_inside_are_filled(write_contours: Write) -> None:
    mask = fill_contours(read_contours(write_contours({"GTV": [_square(3, 9, 3)]}), "GTV"), GRID, FRAME)
    expected = np.zeros((3, 8, 10), dtype=np.uint8)
    expected[1, 2:5, 2:5] = 1
    np.testing.assert_array_equal(mask.array, expected)
    assert mask.grid == GRID


def test_a_contour_inside_another_cuts_a_hole(write_contours: Write) -> None:
    path = write_contours({"GTV": [_square(1, 11, 0), _square(3, 9, 0)]})
    assert fill_contours(read_contours(path, "GTV"), GRID, FRAME).array.sum() == 25 - 9


def test_a_contour_belongs_to_the_nearest_slice(write_contours: Write) -> None:
    mask = fill_contours(read_contours(write_contours({"GTV": [_square(3, 9, 4.2)]}), "GTV"), GRID, FRAME)
    assert mask.array.any(axis=(1, 2)).tolist() == [False, True, False]


def test_a_turned_grid_finds_the_same_place(write_contours: Write) -> None:
    flipped = Grid(GRID.size, GRID.spacing, (18.0, 14.0, 0.0), (-1, 0, 0, 0, -1, 0, 0, 0, 1))
    contours = read_contours(write_contours({"GTV": [_square(3, 9, 3)]}), "GTV")
    plain, turned = fill_contours(contours, GRID, FRAME), fill_contours(contours, flipped, FRAME)
    np.testing.assert_array_equal(turned.array[:, ::-1, ::-1], plain.array)


def test_only_the_region_that_is_asked_for_is_filled(write_contours: Write) -> None:
    path = write_contours({"Bladder": [_square(1, 15, 0)], "gtv": [_square(3, 9, 3)]})
    assert fill_contours(read_contours(path, "GTV"), GRID, FRAME).array.sum() == 9


def test_no_or_several_matching_regions_are_refused_with_all_names(write_contours: Write) -> None:
    path = write_contours({"Bladder": [_square(1, 15, 0)], "GTVp": [_square(3, 9, 3)]})
    for pattern in ("GTV", "GTVp|Bladder"):
        with pytest.raises(MedmtlError, match="Bladder, GTVp"):
            read_contours(path, pattern)


@pytest.mark.parametrize(
    ("contour", "kind", "frame", "reason"),
    [
        (_square(3, 9, 3), "CLOSED_PLANAR", "1.2.3", "frame of reference"),
        (_square(3, 9, 30), "CLOSED_PLANAR", FRAME, "within the image"),
        (_square(3, 9, 3) + np.arange(4)[:, None], "CLOSED_PLANAR", FRAME, "one slice"),
        (_square(3, 9, 3)[:2], "CLOSED_PLANAR", FRAME, "at least 3 points"),
        (_square(3, 9, 3), "OPEN_PLANAR", FRAME, "CLOSED_PLANAR"),
    ],
)
def test_contours_that_do_not_fit_are_refused(
    contour: np.ndarray, kind: str, frame: str, reason: str, write_contours: Write
) -> None:
    path = write_contours({"GTV": [contour]}, kind)
    with pytest.raises(MedmtlError, match=reason):
        fill_contours(read_contours(path, "GTV"), GRID, frame)


def test_a_file_without_contours_is_refused(write_series: Write, tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("text")
    for path, reason in ((tmp_path / "text.dcm", "whole DICOM"), (write_series("CT") / "1.dcm", "must be RTSTRUCT")):
        with pytest.raises(MedmtlError, match=reason):
            read_contours(path, "GTV")


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
@pytest.mark.parametrize(("kind", "modality"), [("CT", "CT"), ("PET", "PT")])
def test_published_contours_give_the_published_mask(patient: str, kind: str, modality: str, shared_data: Path) -> None:
    folder = shared_data / "sts" / "dicom" / patient / kind
    series = read_series(folder / "image", modality)
    contours = read_contours(next((folder / "mask").iterdir()), f"GTV_Mass_{kind}")
    mask = fill_contours(contours, series.image.grid, series.frame_of_reference)
    published = read_image(shared_data / "sts" / "nifti" / patient / f"{kind}_mask.nii.gz").array > 0
    np.testing.assert_array_equal(mask.array > 0, published)
