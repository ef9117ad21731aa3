"""Groups what was measured: of one label (template TID 1411 where there is a segment), and of the whole case (1501)."""

from collections.abc import Mapping
from dataclasses import dataclass

from highdicom import sr
from pydicom import Dataset
from pydicom.sr.codedict import codes

from medmtl.dicom.label_codes import CATEGORY, code_of
from medmtl.dicom.measure_codes import GROUP, GROUPS, MEASURES, RISKS, WHOLE, MeasureCode
from medmtl.dicom.reference import MAKER, Origin
from medmtl.dicom.write_seg import tracking_uid


@dataclass(frozen=True, slots=True)
class Findings:
    """What is reported of a case.

    `whole` holds the measurements of all labels together and `labels` those of every label that occurs, in the order of
    its segments, both by the names of `MEASURES`. `risks` goes by the names of `RISKS`, larger is worse, and is of
    `endpoint`, None where there is none; `group` is `low`, `high`, or None where it is not known.
    """

    whole: Mapping[str, float]
    labels: Mapping[str, Mapping[str, float]]
    risks: Mapping[str, float]
    group: str | None
    endpoint: str | None


def label_group(
    name: str, values: Mapping[str, float], segment: sr.ReferencedSegment | None, uid: str, origin: Origin
) -> Dataset:
    """Return the measurements of one label; `uid` is that of the segmentation, by which the label is tracked."""
    code = code_of(name)
    shared = {
        "tracking_identifier": sr.TrackingIdentifier(uid=tracking_uid(uid, name), identifier=name),
        "finding_category": CATEGORY,
        "finding_type": code.what,
        "finding_sites": [sr.FindingSite(code.where)] if code.where else None,
        "algorithm_id": _algorithm(origin),
        "measurements": _measurements(values, MEASURES),
    }
    if segment is None:
        return sr.MeasurementsAndQualitativeEvaluations(**shared)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=segment, **shared)


def whole_group(findings: Findings, uid: str, origin: Origin) -> sr.MeasurementsAndQualitativeEvaluations:
    """Return the measurements of all labels together, and the case's risk."""
    group = findings.group
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=tracking_uid(uid, ""), identifier="whole case"),
        finding_type=WHOLE,
        algorithm_id=_algorithm(origin, *([f"endpoint={findings.endpoint}"] if findings.endpoint else [])),
        measurements=[*_measurements(findings.whole, MEASURES), *_measurements(findings.risks, RISKS)],
        qualitative_evaluations=[sr.QualitativeEvaluation(GROUP, GROUPS[group])] if group else None,
    )


def _measurements(values: Mapping[str, float], known: Mapping[str, MeasureCode]) -> list[sr.Measurement]:
    return [_measurement(values[name], code) for name, code in known.items() if name in values]


def _measurement(value: float, code: MeasureCode) -> sr.Measurement:
    rounded = float(f"{value:.8g}")  # a decimal string has 16 characters
    return sr.Measurement(code.name, rounded, code.unit, derivation=code.derivation, method=code.method)


def _algorithm(origin: Origin, *more: str) -> sr.AlgorithmIdentification:
    return sr.AlgorithmIdentification(
        name=MAKER,
        version=origin.version,
        parameters=[f"run={origin.run}", f"models={origin.models}", *more],
        family=codes.DCM.ArtificialIntelligence,
        manufacturer=MAKER,
    )
