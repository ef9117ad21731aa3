"""The kinds of DICOM objects that a predicted case can be given away as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from medmtl.dicom.keep import DicomObject, uid_in
from medmtl.dicom.measure_groups import Findings
from medmtl.dicom.reference import Origin, Reference
from medmtl.dicom.write_rtstruct import make_structure_set
from medmtl.dicom.write_seg import make_segmentation, present_labels, segmentation_uid
from medmtl.dicom.write_sr import Segmented, make_report
from medmtl.errors import CaseError
from medmtl.features.metabolic import measure_region
from medmtl.imaging.image import read_image
from medmtl.records import Case, Image
from medmtl.stages.predicted import Predicted


class Kind(StrEnum):
    """What is written: a segmentation, contours, or a report of measurements."""

    SEG = "seg"
    RTSTRUCT = "rtstruct"
    SR = "sr"


@dataclass(frozen=True, slots=True, eq=False)
class ExportCase:
    """A case on the way out: its mask in the order of the series' slices, and the folder that its objects go to.

    `case` is known where its PET is to be measured.
    """

    case_id: str
    mask: Image
    reference: Reference
    origin: Origin
    folder: Path
    case: Case | None

    def path(self, kind: Kind) -> Path:
        """Where the object of this kind goes."""
        return self.folder / f"{kind}.dcm"


def make_object(kind: Kind, exported: ExportCase, predicted: Predicted) -> DicomObject:
    """Return the object of a case; raises CaseError where it cannot be made."""
    return _MAKERS[kind](exported, predicted)


def _seg(exported: ExportCase, predicted: Predicted) -> DicomObject:
    return make_segmentation(exported.mask, predicted.labels, exported.reference, exported.origin)


def _rtstruct(exported: ExportCase, predicted: Predicted) -> DicomObject:
    return make_structure_set(exported.mask, predicted.labels, exported.reference, exported.origin)


def _sr(exported: ExportCase, predicted: Predicted) -> DicomObject:
    findings = _findings(exported, predicted)
    return make_report(findings, _segmented(exported, predicted.labels), exported.reference, exported.origin)


_MAKERS: Mapping[Kind, Callable[[ExportCase, Predicted], DicomObject]] = {
    Kind.SEG: _seg,
    Kind.RTSTRUCT: _rtstruct,
    Kind.SR: _sr,
}


def _findings(exported: ExportCase, predicted: Predicted) -> Findings:
    if exported.case is None:
        raise CaseError(exported.case_id, "its PET must be known to be measured. The cohort has no such case.")
    pet, mask = read_image(exported.case.pet), exported.mask
    present = present_labels(mask, predicted.labels)
    return Findings(
        whole=measure_region(pet, mask.array != 0, mask),
        labels={name: measure_region(pet, mask.array == predicted.labels[name], mask) for name in present},
        risks=predicted.risks(exported.case_id),
        group=predicted.group(exported.case_id),
        endpoint=predicted.endpoint,
    )


def _segmented(exported: ExportCase, labels: Mapping[str, int]) -> Segmented:
    """Tell whether the SEG of the same mask lies beside; raises CaseError where it is of another mask."""
    uid = segmentation_uid(exported.mask, labels, exported.reference, exported.origin)
    path = exported.path(Kind.SEG)
    there = uid_in(path)
    if there not in {None, uid}:
        raise CaseError(exported.case_id, f"{path} must be of the mask that is reported. It is another; delete it.")
    return Segmented(uid, written=there is not None)
