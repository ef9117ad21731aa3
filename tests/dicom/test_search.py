from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import FRAME, Place, both, set_tags, square, write_contours, write_seg, write_series
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from medmtl.dicom.archive import list_files
from medmtl.dicom.broken import Broken
from medmtl.dicom.facts import Facts, read_facts
from medmtl.dicom.found import FoundSeries, group_series, useless
from medmtl.dicom.groups import CaseBy, Group, group_cases
from medmtl.dicom.readable import hushed

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def _facts(folder: Path) -> list[Facts]:
    return [one for one in read_facts(list_files(folder).files) if isinstance(one, Facts)]


def _series(folder: Path) -> list[FoundSeries]:
    return group_series(_facts(folder))


def test_a_series_is_known_by_its_headers_whatever_the_files_are_called(tmp_path: Path) -> None:
    for index, path in enumerate(write_series(tmp_path, "PT", place=Place("P7", description="WB AC"))):
        path.rename(tmp_path / f"IM{index}")
    (tmp_path / "readme.txt").write_text("no DICOM")
    (tmp_path / "empty.log").touch()
    (one,) = _series(tmp_path)
    assert (one.first.patient, one.first.modality, one.first.description, one.first.frame) == (
        *("P7", "PT", "WB AC", FRAME),
    )
    assert (len(one.files), one.length_mm, one.extent_mm) == (4, 9.0, (30.0, 39.0))
    assert read_facts([ref for ref in list_files(tmp_path).files if ref.path.suffix == ".txt"]) == [None]


def test_a_file_met_twice_counts_once(tmp_path: Path) -> None:
    for path in write_series(tmp_path / "a", "CT"):
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / path.name).write_bytes(path.read_bytes())
    (one,) = _series(tmp_path)
    assert (len(one.files), one.copies) == (4, 4)
    assert {ref.path.parent.name for ref in one.files} == {"a"}


def test_contours_tell_their_regions_and_what_they_were_drawn_on(tmp_path: Path) -> None:
    def reference(structure: Dataset) -> None:
        frame, study, series = Dataset(), Dataset(), Dataset()
        series.SeriesInstanceUID = "1.2.3"
        study.RTReferencedSeriesSequence, frame.RTReferencedStudySequence = [series], [study]
        structure.ReferencedFrameOfReferenceSequence = [frame]
        structure.StructureSetDate, structure.StructureSetTime = "20250102", "0930"

    write_contours(tmp_path / "RS", {"GTV": [square(-5, 5, 30)], "Brain": []}, change=reference)
    (one,) = _series(tmp_path)
    assert (one.drawn.regions, one.drawn.series, one.drawn.moment) == (
        *(("GTV", "Brain"), frozenset({"1.2.3"}), "202501020930"),
    )
    assert one.drawn.frames == {FRAME}
    assert useless(one) == ""


def test_segments_tell_the_same(tmp_path: Path) -> None:
    files = write_series(tmp_path / "CT", "CT")
    write_seg(tmp_path / "SEG", files, {"GTV": np.ones((4, 8, 6), dtype=bool)})
    seg = next(one for one in _series(tmp_path) if one.first.modality == "SEG")
    assert (seg.drawn.regions, seg.drawn.series) == (("GTV",), {f"{Place().study}.{sum(map(ord, 'CT'))}"})
    assert FRAME in seg.drawn.frames


@pytest.mark.parametrize(
    ("modality", "tags", "reason"),
    [
        ("CT", {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "a scout"),
        ("CT", {"SOPClassUID": SECONDARY_CAPTURE}, "a secondary capture"),
        ("CT", {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "no image of the patient"),
        ("CT", {"NumberOfFrames": 40}, "several frames"),
        ("CT", {"ImagePositionPatient": None}, "no position"),
        ("PT", {"ImageType": ["DERIVED", "SECONDARY", "MIP"]}, "a projection"),
        ("PT", {"SeriesType": ["WHOLE BODY", "REPROJECTION"]}, "a projection"),
        ("PT", {"SeriesType": ["DYNAMIC", "IMAGE"]}, "a dynamic PET"),
        ("PT", {"CorrectedImage": ["DECY", "SCAT"]}, "without attenuation correction"),
        ("PT", {"CorrectedImage": None}, "without attenuation correction"),
        ("PT", {"Modality": "MR"}, "modality MR is not used"),
        ("CT", {}, ""),
        ("PT", {"ImageType": ["DERIVED", "SECONDARY"]}, ""),
    ],
)
def test_what_is_no_volume_of_the_patient_is_dropped_with_the_reason(
    tmp_path: Path, modality: str, tags: dict[str, object], reason: str
) -> None:
    write_series(tmp_path, modality, set_tags(**tags))
    (one,) = _series(tmp_path)
    assert reason in useless(one)
    assert bool(useless(one)) == bool(reason)


def test_a_single_image_is_dropped(tmp_path: Path) -> None:
    write_series(tmp_path, "CT", array=np.ones((1, 4, 4), dtype=np.int16))
    assert useless(_series(tmp_path)[0]) == "a single image"


def test_a_header_with_odd_values_is_read_or_passed_over_but_never_stops_the_search(tmp_path: Path) -> None:
    def odd(header: Dataset, index: int) -> None:
        header.ImageType = "ORIGINAL"
        header.StudyDate = "yesterday"

    with disable_value_validation():
        write_series(tmp_path / "odd", "PT", both(odd, set_tags(PatientID="")))
    whole = (tmp_path / "odd" / "1.dcm").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:300])
    (tmp_path / "torn").write_bytes(whole[:-40])
    assert {one.patient for one in _facts(tmp_path / "odd")} == {""}
    assert len(read_facts(list_files(tmp_path).files)) == 6


@pytest.fixture
def patients(tmp_path: Path) -> Callable[..., list[Group]]:
    """Divide files of these PatientIDs, each in a folder of its own, into cases."""

    def divide(*names: str, by: CaseBy = CaseBy.PATIENT) -> list[Group]:
        for index, name in enumerate(names):
            write_series(tmp_path / f"F{index}" / "PT", "PT", place=Place(name, study=f"1.2.{index}"))
        return group_cases(_facts(tmp_path), by, tmp_path)

    return divide


def test_a_case_is_named_by_its_patient_made_safe_for_file_names(patients: Callable[..., list[Group]]) -> None:
    (one,) = patients("HN 01/A^x")
    assert (one.case_id, one.name, one.fault) == ("HN_01_A_x", "HN 01/A^x", "")


def test_names_that_would_be_one_file_are_refused(patients: Callable[..., list[Group]]) -> None:
    groups = patients("a b", "A/B", "c")
    assert [bool(group.fault) for group in groups] == [True, True, False]
    assert "Found 'A/B', 'a b'" in groups[0].fault


def test_files_without_a_patient_make_a_faulty_case(patients: Callable[..., list[Group]]) -> None:
    nameless = next(group for group in patients("", "P1") if group.fault)
    assert "PatientID" in nameless.fault
    assert "--case-by folder" in nameless.fault


def test_cases_may_be_studies_or_folders_instead(patients: Callable[..., list[Group]]) -> None:
    assert [group.case_id for group in patients("X", "X", by=CaseBy.STUDY)] == ["1.2.0", "1.2.1"]
    assert [group.case_id for group in patients("X", "X", by=CaseBy.FOLDER)] == ["F0", "F1"]
    assert [group.case_id for group in patients("X", by=CaseBy.SUBFOLDER)] == ["PT"]


def test_a_name_without_a_letter_is_refused(patients: Callable[..., list[Group]]) -> None:
    (one,) = patients("***")
    assert "must have a letter or a digit" in one.fault


@pytest.mark.parametrize("size", [0, 300])
def test_a_dicom_file_that_cannot_be_read_is_told_apart_from_what_is_none(tmp_path: Path, size: int) -> None:
    broken = write_series(tmp_path, "PT")[-1]
    broken.write_bytes(broken.read_bytes()[:size])
    (tmp_path / "viewer.exe").write_bytes(b"MZ")
    told = [one for one in read_facts(list_files(tmp_path).files) if not isinstance(one, Facts)]
    assert [one is None for one in told] == [False, True]
    assert isinstance(told[0], Broken)
    assert told[0].ref.path == broken


def test_dicom_without_its_preamble_is_named_and_not_passed_over(tmp_path: Path) -> None:
    for index, file in enumerate(write_series(tmp_path / "a", "CT")):
        (tmp_path / f"IM{index}").write_bytes(file.read_bytes()[132:])
        file.unlink()
    told = read_facts(list_files(tmp_path).files)
    assert all(isinstance(one, Broken) and "preamble" in one.reason for one in told)
    assert len(told) == 4


def test_odd_values_make_no_noise(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def odd(header: Dataset, index: int) -> None:
        header.SpecificCharacterSet = "ISO_IR 999"

    with hushed():
        write_series(tmp_path, "CT", odd)
    assert len(_facts(tmp_path)) == 4
    assert capfd.readouterr() == ("", "")
