from pathlib import Path

import numpy as np
import pytest
from dicom_files import FRAME, write_contours, write_seg, write_series
from pydicom.dataset import Dataset

from medmtl.dicom.seg import read_seg
from medmtl.dicom.series import read_series
from medmtl.errors import MedmtlError
from medmtl.records import Grid

GRID = Grid((6, 8, 4), (2.0, 4.0, 3.0), (-10.0, -20.0, 30.0))
LABELS = {"GTVp": "tumou?r", "GTVn": "node.*"}
KINDS = ("BINARY", "LABELMAP", "FRACTIONAL")


@pytest.fixture
def source(tmp_path: Path) -> list[Path]:
    return write_series(tmp_path / "CT", "CT")


def _boxes() -> dict[str, np.ndarray]:
    tumour, node = np.zeros((2, 4, 8, 6), dtype=bool)
    tumour[1:3, 2:5, 1:3] = True
    node[3, 6:, 4:] = True
    return {"Tumour": tumour, "Node left": node, "Brain": np.zeros_like(node) | (np.arange(6) == 5)}


@pytest.mark.parametrize("kind", KINDS)
def test_segments_come_back_voxel_for_voxel(kind: str, source: list[Path], tmp_path: Path) -> None:
    boxes = _boxes()
    del boxes["Brain"]  # overlaps, which a label map cannot hold
    mask = read_seg(write_seg(tmp_path / "seg.dcm", source, boxes, kind), LABELS, GRID, FRAME)
    np.testing.assert_array_equal(mask.image.array, boxes["Tumour"] + 2 * boxes["Node left"])
    assert mask.image.array.dtype == np.uint8
    assert mask.image.grid == GRID
    assert mask.regions == {"GTVp": ("Tumour",), "GTVn": ("Node left",)}
    assert mask.notes == (("fractional segments are cut at 0.5",) if kind == "FRACTIONAL" else ())


def test_a_fractional_segment_is_cut_at_a_half(source: list[Path], tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 192).reshape(4, 8, 6)
    mask = read_seg(write_seg(tmp_path / "seg.dcm", source, {"Tumor": ramp}, "FRACTIONAL"), LABELS, GRID, FRAME)
    np.testing.assert_array_equal(mask.image.array > 0, np.rint(ramp * 100) >= 50)


def test_only_the_segments_that_are_asked_for_are_read(source: list[Path], tmp_path: Path) -> None:
    mask = read_seg(write_seg(tmp_path / "seg.dcm", source, _boxes()), {"GTVp": "tumour"}, GRID, FRAME)
    np.testing.assert_array_equal(mask.image.array, _boxes()["Tumour"])


def test_slices_that_the_file_leaves_out_are_empty(source: list[Path], tmp_path: Path) -> None:
    only = np.zeros((4, 8, 6), dtype=bool)
    only[[0, 3], 2, 3] = True  # two frames, 9 mm apart: no stack of slices tells their distance
    mask = read_seg(write_seg(tmp_path / "seg.dcm", source, {"Tumour": only}), LABELS, GRID, FRAME)
    np.testing.assert_array_equal(mask.image.array, only)


def test_frames_are_placed_where_they_lie_on_a_grid_turned_and_larger(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, _boxes())
    larger = Grid((9, 10, 6), (2.0, 4.0, 3.0), (-14.0, -24.0, 27.0))
    placed = read_seg(path, LABELS, larger, FRAME).image.array
    expected = _boxes()["Tumour"] + 2 * _boxes()["Node left"]
    np.testing.assert_array_equal(placed[1:5, 1:9, 2:8], expected)
    assert placed.sum() == expected.sum()
    turned = Grid((6, 8, 4), (2.0, 4.0, 3.0), (0.0, 8.0, 30.0), (-1, 0, 0, 0, -1, 0, 0, 0, 1))
    np.testing.assert_array_equal(read_seg(path, LABELS, turned, FRAME).image.array[:, ::-1, ::-1], expected)
    sagittal = Grid((8, 4, 6), (4.0, 3.0, 2.0), (-10.0, -20.0, 30.0), (0, 0, 1, 1, 0, 0, 0, 1, 0))
    np.testing.assert_array_equal(read_seg(path, LABELS, sagittal, FRAME).image.array.transpose(1, 2, 0), expected)


def test_segments_of_another_grid_are_resampled_with_a_note(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, {"Tumour": np.ones((4, 8, 6), dtype=bool)})
    finer = Grid((12, 8, 4), (1.0, 4.0, 3.0), (-10.5, -20.0, 30.0))
    mask = read_seg(path, LABELS, finer, FRAME)
    assert mask.image.array.all()
    assert any("resampled" in note for note in mask.notes)


def test_voxels_outside_the_image_are_noted(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, {"Tumour": np.ones((4, 8, 6), dtype=bool)})
    mask = read_seg(path, {"GTVp": "tumour"}, Grid((6, 8, 3), GRID.spacing, GRID.origin), FRAME)
    assert mask.notes == ("48 voxels of the segments lie outside the image",)


def test_a_segment_wholly_outside_the_image_is_refused(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, _boxes())
    with pytest.raises(MedmtlError, match="must have voxels on the image's grid"):
        read_seg(path, LABELS, Grid((6, 8, 4), (2.0, 4.0, 3.0), (-10.0, -20.0, 300.0)), FRAME)


def test_where_labels_overlap_the_first_keeps_the_voxel(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, _boxes())
    mask = read_seg(path, {"GTVn": "node left", "Brain": "brain"}, GRID, FRAME)
    assert np.bincount(mask.image.array.ravel())[1:].tolist() == [4, 32 - 2]
    assert mask.notes == ("2 voxels of Brain lie in an earlier label, which keeps them",)


def test_another_frame_of_reference_or_label_is_refused(source: list[Path], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", source, _boxes())
    with pytest.raises(MedmtlError, match=r"share a frame of reference\. Found 1\.2\.826"):
        read_seg(path, LABELS, GRID, "1.2.3")
    with pytest.raises(MedmtlError, match="Found none among: Tumour, Node left, Brain"):
        read_seg(path, {"GTVp": "GTV"}, GRID, FRAME)


def test_what_is_no_whole_seg_is_refused(source: list[Path], tmp_path: Path) -> None:
    whole = write_seg(tmp_path / "seg.dcm", source, _boxes()).read_bytes()
    for length in (0, 100, 1000, len(whole) // 2, len(whole) - 40):
        (tmp_path / "cut.dcm").write_bytes(whole[:length])
        with pytest.raises(MedmtlError, match=r"cut\.dcm"):
            read_seg(tmp_path / "cut.dcm", LABELS, GRID, FRAME)
    for other in (source[0], write_contours(tmp_path / "RS.dcm", {})):
        with pytest.raises(MedmtlError, match="must be a whole DICOM SEG"):
            read_seg(other, LABELS, GRID, FRAME)


def test_frames_without_a_position_are_refused(source: list[Path], tmp_path: Path) -> None:
    def change(segmentation: Dataset) -> None:
        for group in segmentation.PerFrameFunctionalGroupsSequence:
            del group.PlanePositionSequence

    path = write_seg(tmp_path / "seg.dcm", source, _boxes(), change=change)
    with pytest.raises(MedmtlError, match=r"seg\.dcm"):
        read_seg(path, LABELS, GRID, FRAME)


def test_segments_lie_on_the_grid_of_a_series_that_was_read(source: list[Path], tmp_path: Path) -> None:
    series = read_series(source, "CT")
    path = write_seg(tmp_path / "seg.dcm", source, _boxes())
    mask = read_seg(path, {"GTVp": "tumour"}, series.image.grid, series.frame_of_reference)
    np.testing.assert_array_equal(mask.image.array, _boxes()["Tumour"])
