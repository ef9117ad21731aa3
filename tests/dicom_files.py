"""Tiny DICOM files for tests: CT, PET, RTSTRUCT and SEG, each changed as a test likes. Nothing of a patient is needed.

    from dicom_files import FRAME, write_contours, write_seg, write_series

`write_series(folder, "CT")` writes 4 slices of 8 rows and 6 columns, spacing (2, 4, 3) mm in x, y, z, origin
(-10, -20, 30), file names against the order of the slices. CT slices hold 1, 2, 3, 4 HU, those of a PET 5,000 to
20,000 Bq/mL. A PET is BQML, decay corrected to its START at 11:00 after 350 MBq of FDG at 10:00 into 70 kg (SUV 1.5 to
5.8). Every file has the attributes that
SEG writers ask of their sources. `change(header, index)` alters a slice before it is written: anything can be
overridden or deleted. `Place` moves the series to another patient, study, series or coordinate system.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

FRAME = "1.2.826.0.1.3680043.10.1"
SOP_CLASS = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3",
}
Change = Callable[[Dataset, int], object]
Contour = NDArray[np.floating]


@dataclass(frozen=True)
class Place:
    """Who and where: patient, study and coordinate system; `series` is made from the modality where it is empty."""

    patient: str = "P1"
    study: str = FRAME + ".9"
    frame: str = FRAME
    series: str = ""
    description: str = ""


def write_series(
    folder: Path,
    modality: str,
    change: Change = lambda header, index: None,
    *,
    array: NDArray[np.integer] | None = None,
    spacing: tuple[float, float, float] = (2, 4, 3),
    origin: tuple[float, float, float] = (-10, -20, 30),
    place: Place = Place(),  # frozen
) -> list[Path]:
    """Write a `CT` or `PT` series of the stored values `array` [z, y, x] (int16); return its files."""
    if array is None:
        step = 5000 if modality == "PT" else 1
        array = np.arange(1, 5, dtype=np.int16)[:, None, None] * np.full((1, 8, 6), step, dtype=np.int16)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for index, values in enumerate(array):
        header = slice_header(modality, index, values, place)
        header.PixelSpacing = [spacing[1], spacing[0]]
        header.SliceThickness = spacing[2]
        header.ImagePositionPatient = [origin[0], origin[1], origin[2] + spacing[2] * index]
        change(header, index)
        path = folder / f"{len(array) - index}.dcm"
        header.save_as(path, enforce_file_format=True)
        files.append(path)
    return files


def headers_of(modality: str, change: Change = lambda header, index: None) -> tuple[Dataset, ...]:
    """Return the headers of a series as `write_series` writes them, without files."""
    headers = tuple(slice_header(modality, index, np.full((8, 6), 1, dtype=np.int16)) for index in range(4))
    for index, header in enumerate(headers):
        change(header, index)
    return headers


def slice_header(modality: str, index: int, values: NDArray[np.integer], place: Place = Place()) -> Dataset:
    """Return one slice at z = 30 + 3 * index, with its pixels."""
    header = file_header(modality, place)
    header.InstanceNumber = index + 1
    header.FrameOfReferenceUID, header.PositionReferenceIndicator = place.frame, ""
    header.ImagePositionPatient, header.ImageOrientationPatient = [-10, -20, 30 + 3 * index], [1, 0, 0, 0, 1, 0]
    header.PixelSpacing, header.SliceThickness = [4, 2], 3
    header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.Rows, header.Columns, header.SamplesPerPixel = *values.shape, 1
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation, header.PhotometricInterpretation = 15, 1, "MONOCHROME2"
    header.RescaleSlope, header.RescaleIntercept = 1, 0
    header.PixelData = values.astype("<i2").tobytes()
    if modality == "PT":
        _add_pet(header)
    return header


def file_header(modality: str, place: Place = Place()) -> Dataset:
    """Return the identification that every file has."""
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = SOP_CLASS.get(modality, SOP_CLASS["CT"])
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = generate_uid()
    header.Modality, header.Manufacturer = modality, "Test"
    header.PatientID, header.PatientName, header.PatientBirthDate, header.PatientSex = place.patient, "A^B", "", ""
    header.StudyInstanceUID = place.study
    header.SeriesInstanceUID = place.series or f"{place.study}.{sum(map(ord, modality))}"
    header.SeriesDescription = place.description or modality
    header.StudyDate, header.StudyTime, header.StudyID, header.AccessionNumber = "20250101", "105000", "", ""
    header.ReferringPhysicianName, header.SeriesNumber = "", 1
    header.SeriesDate = header.AcquisitionDate = header.ContentDate = "20250101"
    header.SeriesTime = header.AcquisitionTime = header.ContentTime = "110000"
    return header


def _add_pet(header: Dataset) -> None:
    header.Units, header.DecayCorrection, header.CorrectedImage = "BQML", "START", ["DECY", "ATTN"]
    header.SeriesType, header.PatientWeight = ["STATIC", "IMAGE"], 70
    tracer = Dataset()
    tracer.Radiopharmaceutical = "FDG"
    tracer.RadionuclideTotalDose = 350e6
    tracer.RadionuclideHalfLife = 6586.2
    tracer.RadiopharmaceuticalStartTime = "100000"
    header.RadiopharmaceuticalInformationSequence = [tracer]


def square(low: float, high: float, z: float) -> Contour:
    """Return a square contour [4, 3] in mm in the plane z."""
    return np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]], dtype=np.float64)


def write_contours(
    path: Path,
    regions: Mapping[str, Sequence[Contour]],
    kind: str = "CLOSED_PLANAR",
    *,
    place: Place = Place(),
    change: Callable[[Dataset], object] = lambda structure: None,
) -> Path:
    """Write regions, by name a list of contours [n, 3] in mm, as an RTSTRUCT; return its path."""
    structure = file_header("RTSTRUCT", place)
    structure.StructureSetROISequence, structure.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(regions.items(), start=1):
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ReferencedFrameOfReferenceUID = number, name, place.frame
        drawn.ReferencedROINumber, drawn.ContourSequence = number, []
        for points in contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
            contour.ContourData = [f"{value:g}" for value in points.ravel()]
            drawn.ContourSequence.append(contour)
        structure.StructureSetROISequence.append(region)
        structure.ROIContourSequence.append(drawn)
    change(structure)
    path.parent.mkdir(parents=True, exist_ok=True)
    structure.save_as(path, enforce_file_format=True)
    return path


def write_seg(
    path: Path,
    source: Sequence[Path],
    segments: Mapping[str, NDArray[np.floating] | NDArray[np.bool_]],
    kind: str = "BINARY",
    *,
    change: Callable[[Dataset], object] = lambda segmentation: None,
) -> Path:
    """Write segments, by label an array [z, y, x] over the source slices by position, as a SEG; return its path.

    `kind` is BINARY, LABELMAP or FRACTIONAL (values 0 to 1). Frames without a voxel are omitted.
    """
    slices = sorted((pydicom.dcmread(file) for file in source), key=lambda each: float(each.ImagePositionPatient[2]))
    fractional = {"fractional_type": "PROBABILITY", "max_fractional_value": 100} if kind == "FRACTIONAL" else {}
    segmentation = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=_pixels(list(segments.values()), kind),
        segmentation_type=kind,
        segment_descriptions=[_segment(number, label) for number, label in enumerate(segments, start=1)],
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Test",
        manufacturer_model_name="Test",
        software_versions="1",
        device_serial_number="1",
        **fractional,
    )
    change(segmentation)
    path.parent.mkdir(parents=True, exist_ok=True)
    segmentation.save_as(path)
    return path


def _pixels(arrays: Sequence[NDArray[np.generic]], kind: str) -> NDArray[np.generic]:
    if kind == "LABELMAP":
        labelled = np.zeros(arrays[0].shape, dtype=np.uint8)
        for number, array in enumerate(arrays, start=1):
            labelled[array > 0] = number
        return labelled
    return np.stack(arrays, axis=-1).astype(np.float64 if kind == "FRACTIONAL" else np.uint8)


def _segment(number: int, label: str) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def set_tags(**tags: object) -> Change:
    """Return a change that sets these tags in every slice."""

    def change(header: Dataset, index: int) -> None:
        for name, value in tags.items():
            setattr(header, name, value)

    return change


def set_tracer(drop: str = "", **tags: object) -> Change:
    """Return a change that sets these tags of what was injected, and drops one, in every slice."""

    def change(header: Dataset, index: int) -> None:
        tracer = header.RadiopharmaceuticalInformationSequence[0]
        set_tags(**tags)(tracer, index)
        if drop:
            delattr(tracer, drop)

    return change


def both(*changes: Change) -> Change:
    """Return all changes as one."""

    def change(header: Dataset, index: int) -> None:
        for each in changes:
            each(header, index)

    return change
