"""Writes a mask as a DICOM segmentation (SEG)."""

from collections.abc import Mapping

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.sr.codedict import codes

from medmtl.dicom.identifiers import derived_uid
from medmtl.dicom.label_codes import CATEGORY, code_of
from medmtl.dicom.reference import MAKER, Origin, Reference, content_of, object_uid, series_uid
from medmtl.records import Image

KIND = "SEG"
SERIES_NUMBER = 9001


def make_segmentation(mask: Image, labels: Mapping[str, int], reference: Reference, origin: Origin) -> Segmentation:
    """Return the segmentation of a mask on the grid of its series, one binary segment per label that occurs."""
    present = present_labels(mask, labels)
    numbers = np.zeros(mask.array.shape, dtype=np.uint8)
    for number, name in enumerate(present, start=1):
        numbers[mask.array == labels[name]] = number
    uid = segmentation_uid(mask, labels, reference, origin)
    segmentation = Segmentation(
        source_images=reference.headers,
        pixel_array=numbers,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(*one, uid, origin) for one in enumerate(present, start=1)],
        series_instance_uid=series_uid(KIND, reference, origin),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid,
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=origin.version,
        device_serial_number=origin.version,
        content_label="PREDICTED",
        content_description="Predicted tumour, not reviewed",
        series_description=f"{MAKER} predicted tumour (SEG)",
    )
    _name_dimensions(segmentation, derived_uid("dimensions", uid))
    return segmentation


def present_labels(mask: Image, labels: Mapping[str, int]) -> tuple[str, ...]:
    """Return the labels that occur, in the order of their values; segment n is the n-th of them."""
    return tuple(
        sorted((name for name, value in labels.items() if (mask.array == value).any()), key=labels.__getitem__)
    )


def segmentation_uid(mask: Image, labels: Mapping[str, int], reference: Reference, origin: Origin) -> str:
    """Return the SOPInstanceUID that the segmentation of this mask has."""
    return object_uid(KIND, reference, origin, content_of(mask, labels))


def tracking_uid(segmentation: str, label: str) -> str:
    """Return the UID by which a label of a segmentation is followed from object to object."""
    return derived_uid("tracking", segmentation, label)


def _described(number: int, label: str, uid: str, origin: Origin) -> SegmentDescription:
    code = code_of(label)
    return SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=CATEGORY,
        segmented_property_type=code.what,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=MAKER,
            family=codes.DCM.ArtificialIntelligence,
            version=origin.version,
            source=MAKER,
            parameters={"run": origin.run, "models": origin.models},
        ),
        tracking_uid=tracking_uid(uid, label),
        tracking_id=label,
        anatomic_regions=[code.where] if code.where else None,
        display_color=code.lab,
    )


def _name_dimensions(segmentation: Segmentation, uid: str) -> None:
    """Give the dimensions a UID that the same mask has again, so that a second export gives the same file."""
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid
