"""What an exported object says of the series it belongs to: its geometry and its ids, and nothing of the patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from pydicom import Dataset

from medmtl.dicom.identifiers import Identifiers, derived_uid
from medmtl.errors import MedmtlError
from medmtl.records import Grid, Image

MAKER = "medmtl"
_KEPT = (  # no more than what places a slice in space
    "SOPClassUID",
    "Modality",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SliceThickness",
)
_MAPPED = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
_EMPTY = (  # what every object must have, and may leave empty (type 2)
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "PositionReferenceIndicator",
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The series that a mask lies on: its grid, and one header per slice, in their order, that tells of no person."""

    grid: Grid
    headers: tuple[Dataset, ...]

    @property
    def series_uid(self) -> str:
        """The series as it is named in what is written."""
        return str(self.headers[0].SeriesInstanceUID)


@dataclass(frozen=True, slots=True)
class Origin:
    """What made a mask: the version of medmtl, the run, and the models (a fold of it, or all)."""

    version: str
    run: str
    models: str


def make_reference(grid: Grid, headers: Sequence[Dataset], identifiers: Identifiers) -> Reference:
    """Return what an object may say of these slices.

    Raises MedmtlError where a slice lacks an id that a reference needs.
    """
    return Reference(grid, tuple(_clean(header, identifiers) for header in headers))


def object_uid(kind: str, reference: Reference, origin: Origin, content: str) -> str:
    """Return the SOPInstanceUID of an object: the same content of the same run always has the same."""
    return derived_uid(kind, reference.series_uid, origin.version, origin.run, origin.models, content)


def series_uid(kind: str, reference: Reference, origin: Origin) -> str:
    """Return the SeriesInstanceUID of the objects of one kind that a run gives to one series."""
    return derived_uid(kind, reference.series_uid, origin.run)


def content_of(mask: Image, labels: Mapping[str, int]) -> str:
    """Return the hash of a mask's voxels and of what its labels are called."""
    voxels = np.ascontiguousarray(mask.array, dtype=np.uint8).tobytes()
    return sha256(repr((sorted(labels.items()), mask.array.shape)).encode() + voxels).hexdigest()


def _clean(header: Dataset, identifiers: Identifiers) -> Dataset:
    lacking = [name for name in (*_MAPPED, "SOPClassUID") if not header.get(name)]
    if lacking:
        raise MedmtlError(f"the slices of the series must have {', '.join(lacking)}. Found one without.")
    clean = Dataset()
    clean.SpecificCharacterSet = "ISO_IR 192"
    patient = str(header.get("PatientID") or "")
    clean.PatientID = identifiers.patient(patient) if patient else ""
    for name in _KEPT:
        if name in header:
            setattr(clean, name, header.get(name))
    for name in _MAPPED:
        setattr(clean, name, identifiers.uid(str(header.get(name))))
    for name in _EMPTY:
        setattr(clean, name, "")
    return clean
