"""Segmentations and structure sets that are read back hold the same voxels, and say whose they are."""

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from dicom_files import FRAME, write_series
from pydicom import Dataset

from medmtl.dicom.fill import fill_contours
from medmtl.dicom.identifiers import SourceIdentifiers
from medmtl.dicom.reference import Origin, Reference, make_reference
from medmtl.dicom.rtstruct import read_contours
from medmtl.dicom.seg import read_seg
from medmtl.dicom.series import Series, read_series
from medmtl.dicom.write_rtstruct import make_structure_set
from medmtl.dicom.write_seg import make_segmentation
from medmtl.errors import MedmtlError
from medmtl.records import Image

LABELS = {"GTVp": 1, "GTVn": 2}
PATTERNS = {"GTVp": "GTVp", "GTVn": "GTVn"}
ORIGIN = Origin("9.9", "a run", "fold 1")


def _turn(header: Dataset, index: int) -> None:
    """Place slices of an oblique stack, 3 mm apart along their normal."""
    across, down = np.array([0.8, 0.6, 0.0]), np.array([-0.36, 0.48, 0.8])
    header.ImageOrientationPatient = [*across, *down]
    header.ImagePositionPatient = np.round(np.array([-10, -20, 30]) + 3 * index * np.cross(across, down), 6).tolist()


@pytest.fixture(params=[None, _turn], ids=["axial", "oblique"])
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Series:
    change = request.param or (lambda header, index: None)
    return read_series(write_series(tmp_path / "CT", "CT", change), "CT")


def _mask(series: Series) -> Image:
    array = np.zeros((4, 8, 6), dtype=np.uint8)
    array[1, 1:7, 0:5] = 1
    array[1, 3, 2] = 0  # a hole
    array[2, 2, 2] = array[2, 3, 3] = 1  # they touch at a corner
    array[0, 0, 0] = array[3, 7, 5] = array[2, 2, 3] = 2
    return Image(array, series.image.grid)


def _reference(series: Series) -> Reference:
    return make_reference(series.image.grid, series.headers, SourceIdentifiers())


def _saved(made: Dataset, path: Path) -> Path:
    made.save_as(path, enforce_file_format=True)
    return path


def test_a_segmentation_read_back_has_the_same_voxels(series: Series, tmp_path: Path) -> None:
    mask = _mask(series)
    path = _saved(make_segmentation(mask, LABELS, _reference(series), ORIGIN), tmp_path / "seg.dcm")
    back = read_seg(path, PATTERNS, series.image.grid, FRAME)
    np.testing.assert_array_equal(back.image.array, mask.array)
    assert back.notes == ()  # nothing was resampled
    uids = [header.SOPInstanceUID for header in series.headers]
    theirs = highdicom.seg.segread(path).get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )
    np.testing.assert_array_equal(theirs, mask.array)


def test_a_structure_set_read_back_has_the_same_voxels(series: Series, tmp_path: Path) -> None:
    mask = _mask(series)
    path = _saved(make_structure_set(mask, LABELS, _reference(series), ORIGIN), tmp_path / "rs.dcm")
    back = fill_contours(read_contours(path, PATTERNS), series.image.grid, FRAME)
    np.testing.assert_array_equal(back.image.array, mask.array)


def test_random_masks_survive_both_ways(tmp_path: Path) -> None:
    series = read_series(write_series(tmp_path / "CT", "CT"), "CT")
    rng = np.random.default_rng(5)
    for _ in range(8):
        mask = Image(rng.choice(3, (4, 8, 6), p=[0.5, 0.3, 0.2]).astype(np.uint8), series.image.grid)
        seg = _saved(make_segmentation(mask, LABELS, _reference(series), ORIGIN), tmp_path / "seg.dcm")
        drawn = _saved(make_structure_set(mask, LABELS, _reference(series), ORIGIN), tmp_path / "rs.dcm")
        for back in (
            read_seg(seg, PATTERNS, series.image.grid, FRAME),
            fill_contours(read_contours(drawn, PATTERNS), series.image.grid, FRAME),
        ):
            np.testing.assert_array_equal(back.image.array, mask.array)


def test_a_segment_says_what_it_is_and_who_made_it(series: Series) -> None:
    made = make_segmentation(_mask(series), LABELS, _reference(series), ORIGIN)
    primary, nodes = made.SegmentSequence
    assert (primary.SegmentLabel, nodes.SegmentLabel) == ("GTVp", "GTVn")
    assert primary.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Neoplasm, Primary"
    assert nodes.AnatomicRegionSequence[0].CodeMeaning == "Lymph Node"
    algorithm = primary.SegmentationAlgorithmIdentificationSequence[0]
    assert primary.SegmentAlgorithmType == "AUTOMATIC"
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("medmtl", "9.9")
    assert "run=a run" in algorithm.AlgorithmParameters
    assert "models=fold 1" in algorithm.AlgorithmParameters


def test_a_label_that_does_not_occur_has_no_segment(series: Series) -> None:
    mask = Image(np.where(_mask(series).array == 2, 2, 0).astype(np.uint8), series.image.grid)
    made = make_segmentation(mask, LABELS, _reference(series), ORIGIN)
    assert [(int(item.SegmentNumber), item.SegmentLabel) for item in made.SegmentSequence] == [(1, "GTVn")]


def test_both_refer_to_the_slices_they_lie_on(series: Series) -> None:
    mask, uids = _mask(series), {header.SOPInstanceUID for header in series.headers}
    seg = make_segmentation(mask, LABELS, _reference(series), ORIGIN)
    drawn = make_structure_set(mask, LABELS, _reference(series), ORIGIN)
    assert {
        item.ReferencedSOPInstanceUID for item in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    } == uids
    frame = drawn.ReferencedFrameOfReferenceSequence[0]
    source = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert {item.ReferencedSOPInstanceUID for item in source.ContourImageSequence} == uids
    assert source.SeriesInstanceUID == series.headers[0].SeriesInstanceUID
    assert {seg.FrameOfReferenceUID, drawn.FrameOfReferenceUID, frame.FrameOfReferenceUID} == {FRAME}
    assert {seg.StudyInstanceUID, drawn.StudyInstanceUID} == {series.headers[0].StudyInstanceUID}


def test_a_contour_lies_in_the_plane_of_its_slice(series: Series) -> None:
    drawn = make_structure_set(_mask(series), LABELS, _reference(series), ORIGIN)
    headers = {header.SOPInstanceUID: header for header in series.headers}
    contours = [contour for region in drawn.ROIContourSequence for contour in region.ContourSequence]
    assert len(contours) == 7  # the outline and its hole, two voxels, and three single voxels of the nodes
    for contour in contours:
        header = headers[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
        across, down = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
        assert len(points) == contour.NumberOfContourPoints
        off = (points - np.array(header.ImagePositionPatient, dtype=float)) @ np.cross(across, down)
        assert np.abs(off).max() < 2e-5


def test_the_same_mask_gives_the_same_object_and_another_mask_another(series: Series) -> None:
    mask, reference = _mask(series), _reference(series)
    other = Image(np.where(mask.array == 1, 1, 0).astype(np.uint8), mask.grid)
    for make in (make_segmentation, make_structure_set):
        first, again, changed = (make(each, LABELS, reference, ORIGIN) for each in (mask, mask, other))
        assert first.SOPInstanceUID == again.SOPInstanceUID != changed.SOPInstanceUID
        assert first.SeriesInstanceUID == changed.SeriesInstanceUID


@pytest.mark.parametrize("name", ["FrameOfReferenceUID", "SOPInstanceUID", "StudyInstanceUID"])
def test_slices_without_an_id_cannot_be_referred_to(name: str, tmp_path: Path) -> None:
    files = write_series(tmp_path / "CT", "CT", lambda header, index: setattr(header, name, ""))
    headers = [pydicom.dcmread(file) for file in files]
    series = read_series(write_series(tmp_path / "whole", "CT"), "CT")
    with pytest.raises(MedmtlError, match=f"must have {name}"):
        make_reference(series.image.grid, headers, SourceIdentifiers())
