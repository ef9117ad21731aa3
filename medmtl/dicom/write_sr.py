"""Writes what was measured in a case as a structured report (SR, template TID 1500)."""

import json
from dataclasses import asdict, dataclass

from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import SegmentationStorage

from medmtl.dicom.identifiers import derived_uid
from medmtl.dicom.measure_codes import SCHEME
from medmtl.dicom.measure_groups import Findings, label_group, whole_group
from medmtl.dicom.reference import MAKER, Origin, Reference, object_uid, series_uid
from medmtl.dicom.write_seg import KIND as SEG

KIND = "SR"
SERIES_NUMBER = 9003


@dataclass(frozen=True, slots=True)
class Segmented:
    """The UID of the SEG of the mask that was measured, and whether it was written, so that a report may lead to it."""

    uid: str
    written: bool


def make_report(findings: Findings, segmented: Segmented, reference: Reference, origin: Origin) -> sr.ComprehensiveSR:
    """Return the report of a case: a group of measurements per label, and one of the whole case with its risk."""
    written = [_segmentation(segmented.uid, reference, origin)] if segmented.written else []
    content = json.dumps([asdict(findings), asdict(segmented)], sort_keys=True)
    return sr.ComprehensiveSR(
        evidence=[*reference.headers, *written],
        content=_content(findings, segmented, reference, origin),
        series_instance_uid=series_uid(KIND, reference, origin),
        series_number=SERIES_NUMBER,
        sop_instance_uid=object_uid(KIND, reference, origin, content),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        manufacturer_model_name=MAKER,
        software_versions=origin.version,
        series_description=f"{MAKER} measurements (SR)",
        coding_schemes=[CodingSchemeIdentificationItem(SCHEME, name=f"{MAKER}'s own", responsible_organization=MAKER)],
    )


def _content(findings: Findings, segmented: Segmented, reference: Reference, origin: Origin) -> sr.MeasurementReport:
    source = sr.SourceSeriesForSegmentation(reference.series_uid)
    segments = [
        sr.ReferencedSegment(SegmentationStorage, segmented.uid, number, source_series=source)
        if segmented.written
        else None
        for number, _ in enumerate(findings.labels, start=1)
    ]
    groups = [
        label_group(name, values, segment, segmented.uid, origin)
        for (name, values), segment in zip(findings.labels.items(), segments, strict=True)
    ]
    return sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=_device(origin)),
        procedure_reported=codes.LN.PETUnspecifiedBodyRegion,
        imaging_measurements=[*groups, whole_group(findings, segmented.uid, origin)],
        title=codes.DCM.PETMeasurementReport,
    )


def _device(origin: Origin) -> sr.ObserverContext:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=derived_uid(MAKER, origin.version), name=MAKER, manufacturer_name=MAKER, model_name=MAKER
    )
    return sr.ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)


def _segmentation(uid: str, reference: Reference, origin: Origin) -> Dataset:
    """Return as much of the segmentation's header as the list of evidence needs."""
    header = Dataset()
    header.SOPClassUID, header.SOPInstanceUID = SegmentationStorage, uid
    header.StudyInstanceUID = reference.headers[0].StudyInstanceUID
    header.SeriesInstanceUID = series_uid(SEG, reference, origin)
    return header
