"""What the search needs to know of one DICOM file, read from its header alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag

from medmtl.dicom.archive import FileRef, Opener
from medmtl.dicom.broken import UNREADABLE, Broken, unread, without_series
from medmtl.dicom.readable import hushed

TAGS = (
    *("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "FrameOfReferenceUID"),
    *("Modality", "ImageType", "SeriesDescription", "SeriesType", "CorrectedImage", "NumberOfFrames", "StudyDate"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ContrastBolusAgent", "SpecificCharacterSet"),
    *("StructureSetDate", "StructureSetTime", "StructureSetROISequence", "ReferencedFrameOfReferenceSequence"),
    *("SegmentSequence", "ReferencedSeriesSequence", "ContentDate", "ContentTime", "StructureSetLabel"),
)
_CONTOURS, _FRAMES = 0x30060039, 0x52009229  # ROIContourSequence; the functional groups, after which come pixels


@dataclass(frozen=True, slots=True)
class Drawn:
    """What contours or segments say of themselves: their regions, the series they were drawn on, and when.

    Of an image, all is empty but for `frames`.
    """

    regions: tuple[str, ...]
    series: frozenset[str]
    frames: frozenset[str]
    moment: str


@dataclass(frozen=True, slots=True)
class Facts:
    """One DICOM file; `depth_mm` is where the slice lies along its normal, None where the header does not tell."""

    ref: FileRef
    patient: str
    study: str
    study_date: str
    series: str
    instance: str
    sop_class: str
    frame: str
    modality: str
    description: str
    image_type: tuple[str, ...]
    series_type: tuple[str, ...]
    corrected: tuple[str, ...]
    contrast: bool
    frames: int
    depth_mm: float | None
    drawn: Drawn


def read_facts(refs: Sequence[FileRef]) -> list[Facts | Broken | None]:
    """Return the facts of each file, None where it is no DICOM file and does not look like one."""
    with Opener() as opener, hushed():
        return [_read(ref, opener) for ref in refs]


def place_of(ref: FileRef) -> PurePosixPath:
    """Return where the file lies, the archive's name included."""
    return PurePosixPath(f"{ref.path.as_posix()}/{ref.member}".replace("\\", "/"))


def _read(ref: FileRef, opener: Opener) -> Facts | Broken | None:
    try:
        with opener.open(ref) as file, disable_value_validation():  # odd values are judged by the reader of the series
            header = read_partial(file, _told_enough, specific_tags=[Tag(name) for name in TAGS])
            return _facts(ref, header) or without_series(ref, header)
    except UNREADABLE as error:
        return unread(ref, opener, error)


def _told_enough(tag: BaseTag, representation: str | None, length: int) -> bool:
    """Say whether what follows is of no use to a search: the contours, the frames, the pixels."""
    return bool(tag == _CONTOURS or tag >= _FRAMES)


def _facts(ref: FileRef, header: Dataset) -> Facts | None:
    if not _text(header, "SeriesInstanceUID") or not _text(header, "Modality"):
        return None  # a DICOMDIR by another name, or something else without images
    modality = _text(header, "Modality")
    return Facts(
        ref=ref,
        patient=_text(header, "PatientID"),
        study=_text(header, "StudyInstanceUID"),
        study_date=_text(header, "StudyDate"),
        series=_text(header, "SeriesInstanceUID"),
        instance=_text(header, "SOPInstanceUID"),
        sop_class=_text(header, "SOPClassUID"),
        frame=_text(header, "FrameOfReferenceUID"),
        modality=modality,
        description=_text(header, "SeriesDescription") or _text(header, "StructureSetLabel"),
        image_type=_words(header, "ImageType"),
        series_type=_words(header, "SeriesType"),
        corrected=_words(header, "CorrectedImage"),
        contrast=bool(_text(header, "ContrastBolusAgent")),
        frames=int(header.get("NumberOfFrames") or 1),
        depth_mm=_depth(header),
        drawn=_drawn(header),
    )


def _text(header: Dataset, name: str) -> str:
    return str(header.get(name) or "").strip()


def _words(header: Dataset, name: str) -> tuple[str, ...]:
    value = header.get(name) or ()
    return tuple(str(word).strip().upper() for word in ([value] if isinstance(value, str) else value))


def _depth(header: Dataset) -> float | None:
    position, axes = header.get("ImagePositionPatient"), header.get("ImageOrientationPatient")
    if not position or not axes or not header.get("PixelSpacing"):
        return None
    a, b = [float(x) for x in axes[:3]], [float(x) for x in axes[3:]]
    normal = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return sum(float(x) * n for x, n in zip(position, normal, strict=True))


def _drawn(header: Dataset) -> Drawn:
    regions = [_text(item, "ROIName") for item in header.get("StructureSetROISequence") or []]
    regions += [_text(item, "SegmentLabel") for item in header.get("SegmentSequence") or []]
    items = header.get("StructureSetROISequence") or []
    frames = {_text(header, "FrameOfReferenceUID"), *(_text(item, "ReferencedFrameOfReferenceUID") for item in items)}
    moment = _moment(header, "StructureSet") or _moment(header, "Content")
    return Drawn(tuple(regions), frozenset(_series(header)), frozenset(frames - {""}), moment)


def _moment(header: Dataset, what: str) -> str:
    day = _text(header, f"{what}Date")
    return day + _text(header, f"{what}Time") if day else ""


def _series(header: Dataset) -> Iterator[str]:
    for frame in header.get("ReferencedFrameOfReferenceSequence") or []:
        for study in frame.get("RTReferencedStudySequence") or []:
            yield from (_text(item, "SeriesInstanceUID") for item in study.get("RTReferencedSeriesSequence") or [])
    yield from (_text(item, "SeriesInstanceUID") for item in header.get("ReferencedSeriesSequence") or [])
