"""Writes a mask as a structure set (RTSTRUCT): the outlines of every label, slice by slice."""

from collections.abc import Iterator, Mapping

import numpy as np
from highdicom.base import SOPClass
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from medmtl.dicom.label_codes import code_of
from medmtl.dicom.outlines import outlines
from medmtl.dicom.reference import MAKER, Origin, Reference, content_of, object_uid, series_uid
from medmtl.dicom.write_seg import present_labels
from medmtl.records import Image

KIND = "RTSTRUCT"
SERIES_NUMBER = 9002
STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # retired, and still what a structure set names its study by
DECIMALS = 5  # [mm]: far finer than a voxel, far shorter than the 16 characters that a number may have


def make_structure_set(mask: Image, labels: Mapping[str, int], reference: Reference, origin: Origin) -> Dataset:
    """Return the structure set of a mask on the grid of its series, one region per label that occurs.

    Filling its contours, XOR within a slice, gives back the same voxels.
    """
    structure = _begin(reference, origin, content_of(mask, labels))
    structure.ReferencedFrameOfReferenceSequence = [_referenced_frame(reference)]
    regions = list(enumerate(present_labels(mask, labels), start=1))
    structure.StructureSetROISequence = [_region(number, name, reference) for number, name in regions]
    structure.ROIContourSequence = [
        _drawn(number, name, mask.array == labels[name], reference) for number, name in regions
    ]
    structure.RTROIObservationsSequence = [_observation(number) for number, _ in regions]
    structure.ApprovalStatus = "UNAPPROVED"
    return structure


def _begin(reference: Reference, origin: Origin, content: str) -> SOPClass:
    first = reference.headers[0]
    structure = SOPClass(
        study_instance_uid=first.StudyInstanceUID,
        series_instance_uid=series_uid(KIND, reference, origin),
        series_number=SERIES_NUMBER,
        sop_instance_uid=object_uid(KIND, reference, origin, content),
        sop_class_uid=RTStructureSetStorage,
        instance_number=1,
        modality=KIND,
        manufacturer=MAKER,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        patient_id=first.PatientID,
        manufacturer_model_name=MAKER,
        software_versions=origin.version,
        series_description=f"{MAKER} predicted tumour (RTSTRUCT)",
        specific_character_set=first.SpecificCharacterSet,
    )
    structure.OperatorsName = ""
    structure.StructureSetLabel = "PREDICTED"
    structure.StructureSetDescription = f"Not reviewed. {MAKER} {origin.version}, run {origin.run}, {origin.models}"
    structure.StructureSetDate, structure.StructureSetTime = (
        structure.InstanceCreationDate,
        structure.InstanceCreationTime,
    )
    structure.FrameOfReferenceUID, structure.PositionReferenceIndicator = first.FrameOfReferenceUID, ""
    return structure


def _referenced_frame(reference: Reference) -> Dataset:
    first = reference.headers[0]
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ContourImageSequence = [_image(header) for header in reference.headers]
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = STUDY_CLASS, first.StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = first.FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    return frame


def _image(header: Dataset) -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return image


def _region(number: int, name: str, reference: Reference) -> Dataset:
    region = Dataset()
    region.ROINumber, region.ROIName = number, name
    region.ReferencedFrameOfReferenceUID = reference.headers[0].FrameOfReferenceUID
    region.ROIGenerationAlgorithm = "AUTOMATIC"
    return region


def _drawn(number: int, name: str, inside: NDArray[np.bool_], reference: Reference) -> Dataset:
    drawn = Dataset()
    drawn.ROIDisplayColor = list(code_of(name).colour)
    drawn.ContourSequence = list(_contours(inside, reference))
    for contour_number, contour in enumerate(drawn.ContourSequence, start=1):
        contour.ContourNumber = contour_number
    drawn.ReferencedROINumber = number
    return drawn


def _contours(inside: NDArray[np.bool_], reference: Reference) -> Iterator[Dataset]:
    for index in np.flatnonzero(inside.any(axis=(1, 2))).tolist():
        for points in outlines(inside[index], reference.headers[index]):
            contour = Dataset()
            contour.ContourImageSequence = [_image(reference.headers[index])]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            contour.ContourData = [f"{value:.{DECIMALS}f}" for value in points.ravel().tolist()]
            yield contour


def _observation(number: int) -> Dataset:
    observation = Dataset()
    observation.ObservationNumber = observation.ReferencedROINumber = number
    observation.RTROIInterpretedType, observation.ROIInterpreter = "GTV", ""
    return observation
