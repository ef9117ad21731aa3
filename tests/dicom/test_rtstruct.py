from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import FRAME, Place, square, write_contours, write_series
from pydicom.dataset import Dataset

from medmtl.dicom.fill import fill_contours
from medmtl.dicom.rtstruct import read_contours
from medmtl.dicom.series import read_series
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Grid

GRID = Grid((10, 8, 3), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0))
GTV = {"GTV": "GTV"}
Write = Callable[..., Path]


def _mask(path: Path, grid: Grid = GRID, frame: str = FRAME) -> np.ndarray:
    return fill_contours(read_contours(path, GTV), grid, frame).image.array


def test_voxels_whose_centre_lies_inside_are_filled(write_contours: Write) -> None:
    mask = fill_contours(read_contours(write_contours({"GTV": [square(3, 9, 3)]}), GTV), GRID, FRAME)
    expected = np.zeros((3, 8, 10), dtype=np.uint8)
    expected[1, 2:5, 2:5] = 1
    np.testing.assert_array_equal(mask.image.array, expected)
    assert mask.image.grid == GRID
    assert mask.regions == {"GTV": ("GTV",)}
    assert mask.notes == ()


def test_a_contour_inside_another_cuts_a_hole(write_contours: Write) -> None:
    assert _mask(write_contours({"GTV": [square(1, 11, 0), square(3, 9, 0)]})).sum() == 25 - 9


def test_a_keyhole_cuts_the_hole_that_it_leads_to(write_contours: Write) -> None:
    outer, inner = square(1, 11, 0), square(3, 9, 0)[::-1]
    keyhole = np.concatenate([outer, outer[:1], inner, inner[:1]])
    assert _mask(write_contours({"GTV": [keyhole]})).sum() == 25 - 9


def test_a_contour_belongs_to_the_nearest_slice(write_contours: Write) -> None:
    mask = _mask(write_contours({"GTV": [square(3, 9, 4.2)]}))
    assert mask.any(axis=(1, 2)).tolist() == [False, True, False]


def test_contours_closer_than_the_slices_do_not_cut_each_other(write_contours: Write) -> None:
    path = write_contours({"GTV": [square(3, 9, 2), square(1, 11, 2.9), square(3, 9, 4), square(5, 7, 2.9)]})
    mask = fill_contours(read_contours(path, GTV), GRID, FRAME)
    assert mask.image.array.sum(axis=(1, 2)).tolist() == [0, 25 - 1, 0]
    assert mask.notes == ("GTV is drawn closer than the image's slices; the nearest contours are used",)


def test_contours_that_skip_slices_are_refused_and_a_gap_is_noted(write_contours: Write) -> None:
    finer = Grid((10, 8, 13), (2.0, 2.0, 1.0), (0.0, 0.0, 0.0))
    with pytest.raises(MedmtlError, match=r"must be drawn on the image's slices\. Found a contour every 3 slices"):
        _mask(write_contours({"GTV": [square(3, 9, z) for z in (0, 3, 6, 9)]}), finer)
    gapped = read_contours(write_contours({"GTV": [square(3, 9, z) for z in (0, 1, 9)]}), GTV)
    mask = fill_contours(gapped, finer, FRAME)
    assert mask.image.array.sum() == 27
    assert mask.notes == ("GTV: 7 slices between its contours have none",)


def test_a_region_that_names_no_frame_has_that_of_the_file(tmp_path: Path) -> None:
    def change(structure: Dataset) -> None:
        structure.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = None
        frame = Dataset()
        frame.FrameOfReferenceUID = FRAME
        structure.ReferencedFrameOfReferenceSequence = [frame]

    path = write_contours(tmp_path / "RS.dcm", {"GTV": [square(3, 9, 3)]}, change=change)
    assert _mask(path).sum() == 9
    with pytest.raises(MedmtlError, match="frame of reference"):
        _mask(path, frame="1.2.3")


def test_a_turned_grid_finds_the_same_place(write_contours: Write) -> None:
    flipped = Grid(GRID.size, GRID.spacing, (18.0, 14.0, 0.0), (-1, 0, 0, 0, -1, 0, 0, 0, 1))
    path = write_contours({"GTV": [square(3, 9, 3)]})
    np.testing.assert_array_equal(_mask(path, flipped)[:, ::-1, ::-1], _mask(path))


def test_an_oblique_grid_finds_the_same_place(write_contours: Write) -> None:
    cos, sin = np.cos(0.3), np.sin(0.3)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    oblique = Grid(GRID.size, GRID.spacing, (5.0, 6.0, 7.0), tuple(turn.ravel().tolist()))
    turned = square(3, 9, 3) @ turn.T + [5, 6, 7]
    np.testing.assert_array_equal(
        _mask(write_contours({"GTV": [turned]}), oblique), _mask(write_contours({"GTV": [square(3, 9, 3)]}))
    )


def test_labels_take_their_number_from_their_place_and_unite_their_regions(write_contours: Write) -> None:
    path = write_contours({"Node 1": [square(1, 5, 0)], "GTV-p": [square(3, 9, 3)], "node 2": [square(1, 5, 6)]})
    mask = fill_contours(read_contours(path, {"GTVp": "GTV.?p", "GTVn": r"node \d"}), GRID, FRAME)
    assert [np.unique(plane).tolist() for plane in mask.image.array] == [[0, 2], [0, 1], [0, 2]]
    assert mask.regions == {"GTVp": ("GTV-p",), "GTVn": ("Node 1", "node 2")}
    assert mask.notes == ("GTVn unites Node 1, node 2",)


def test_overlapping_regions_of_one_label_do_not_cut_each_other(write_contours: Write) -> None:
    path = write_contours({"n1": [square(1, 7, 0)], "n2": [square(3, 9, 0)]})
    mask = fill_contours(read_contours(path, {"GTVn": r"n\d"}), GRID, FRAME).image.array
    assert mask.sum() == 9 + 9 - 4


def test_where_labels_overlap_the_first_keeps_the_voxel_and_it_is_noted(write_contours: Write) -> None:
    path = write_contours({"n": [square(1, 7, 0)], "p": [square(3, 9, 0)]})
    mask = fill_contours(read_contours(path, {"GTVp": "p", "GTVn": "n"}), GRID, FRAME)
    assert np.bincount(mask.image.array.ravel())[1:].tolist() == [9, 5]
    assert mask.notes == ("4 voxels of GTVn lie in an earlier label, which keeps them",)


def test_a_label_without_a_region_is_empty_and_noted_with_all_names(write_contours: Write) -> None:
    path = write_contours({"GTVp": [square(3, 9, 3)], "Brain": [square(3, 9, 3)]})
    contours = read_contours(path, {"GTVp": "GTVp", "GTVn": "GTVn.*"})
    assert contours.notes == ("no region for GTVn among: GTVp, Brain",)
    assert set(np.unique(fill_contours(contours, GRID, FRAME).image.array)) == {0, 1}


def test_points_and_empty_regions_are_left_out_with_a_note(write_contours: Write) -> None:
    path = write_contours({"n1": [square(3, 9, 3), square(3, 9, 3)[:1], square(3, 9, 0)[:2]], "n2": []})
    contours = read_contours(path, {"GTVn": r"n\d"})
    assert "n1: 2 contours of fewer than 3 points are left out" in contours.notes
    assert "n2 has no contours" in contours.notes
    assert fill_contours(contours, GRID, FRAME).image.array.sum() == 9


def test_a_point_of_its_own_kind_is_left_out_like_any_point(tmp_path: Path) -> None:
    def change(structure: Dataset) -> None:
        structure.ROIContourSequence[0].ContourSequence[1].ContourGeometricType = "POINT"

    path = write_contours(tmp_path / "RS.dcm", {"GTV": [square(3, 9, 3), square(3, 9, 0)[:1]]}, change=change)
    assert _mask(path).sum() == 9


def test_no_matching_region_is_refused_with_all_names(write_contours: Write) -> None:
    path = write_contours({"Bladder": [square(1, 15, 0)], "GTVp": [square(3, 9, 3)]})
    with pytest.raises(MedmtlError, match=r"GTV=`GTV`\. Found none among: Bladder, GTVp"):
        read_contours(path, GTV)


def test_a_region_of_two_labels_is_refused(write_contours: Write) -> None:
    path = write_contours({"GTVp": [square(3, 9, 3)]})
    with pytest.raises(MedmtlError, match=r"belong to one label\. Found two for GTVp"):
        read_contours(path, {"a": "GTV.", "b": "GTVp"})


def test_a_pattern_that_is_none_is_refused(write_contours: Write) -> None:
    with pytest.raises(MedmtlError, match=r"Label GTV: `GTV\(` must be a regular expression"):
        read_contours(write_contours({"GTV": [square(3, 9, 3)]}), {"GTV": "GTV("})


@pytest.mark.parametrize(
    ("contour", "kind", "frame", "reason"),
    [
        (square(3, 9, 3), "CLOSED_PLANAR", "1.2.3", "frame of reference"),
        (square(3, 9, 30), "CLOSED_PLANAR", FRAME, "within the image. Found one at slice 10 of 3"),
        (square(-9, 9, 3), "CLOSED_PLANAR", FRAME, "within the image. Found columns -4.5 to 4.5"),
        (square(3, 90, 3), "CLOSED_PLANAR", FRAME, "within the image. Found columns 1.5 to 45.0"),
        (square(3, 9, 3) + np.arange(4)[:, None], "CLOSED_PLANAR", FRAME, "one slice"),
        (square(3, 9, 3)[:2], "CLOSED_PLANAR", FRAME, "at least 3 points"),
        (square(3, 9, 3), "OPEN_PLANAR", FRAME, "CLOSED_PLANAR. Found OPEN_PLANAR"),
    ],
)
def test_contours_that_do_not_fit_are_refused(
    contour: np.ndarray, kind: str, frame: str, reason: str, write_contours: Write
) -> None:
    path = write_contours({"GTV": [contour]}, kind)
    with pytest.raises(MedmtlError, match=reason):
        _mask(path, frame=frame)


def test_coordinates_that_are_no_points_are_refused(tmp_path: Path) -> None:
    def change(structure: Dataset) -> None:
        structure.ROIContourSequence[0].ContourSequence[0].ContourData = ["1", "2", "3", "4"]

    path = write_contours(tmp_path / "RS.dcm", {"GTV": [square(3, 9, 3)]}, change=change)
    with pytest.raises(MedmtlError, match="points of three numbers"):
        read_contours(path, GTV)


def test_a_file_without_contours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("text")
    ct = write_series(tmp_path / "CT", "CT")[0]
    whole = write_contours(tmp_path / "RS.dcm", {"GTV": [square(3, 9, 3)]}, place=Place(frame="1.2.3"))
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole.read_bytes()[:200])
    for path, reason in ((tmp_path / "text.dcm", "whole DICOM"), (ct, "must be RTSTRUCT"), (cut, "cut.dcm")):
        with pytest.raises(MedmtlError, match=reason):
            read_contours(path, GTV)


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
@pytest.mark.parametrize(("kind", "modality"), [("CT", "CT"), ("PET", "PT")])
def test_published_contours_give_the_published_mask(patient: str, kind: str, modality: str, shared_data: Path) -> None:
    folder = shared_data / "sts" / "dicom" / patient / kind
    series = read_series(sorted((folder / "image").iterdir()), modality)
    contours = read_contours(next((folder / "mask").iterdir()), {"GTV": f"GTV_Mass_{kind}"})
    mask = fill_contours(contours, series.image.grid, series.frame_of_reference).image
    published = read_image(shared_data / "sts" / "nifti" / patient / f"{kind}_mask.nii.gz").array > 0
    np.testing.assert_array_equal(mask.array > 0, published)
