"""Finds the series of images in a folder of any nesting."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from medmtl.dicom.tags import text
from medmtl.errors import MedmtlError

_ASKED = ["PatientID", "Modality", "SeriesInstanceUID"]
IMAGES = ("CT", "PT")


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """The files of one series, and whose it is."""

    patient_id: str
    modality: str
    files: tuple[Path, ...]


def find_series(source: Path) -> tuple[FoundSeries, ...]:
    """Return every series of CT or PET (`PT`) below the folder, by patient; files that are not DICOM are passed over.

    Raises MedmtlError where the folder is not there.
    """
    if not source.is_dir():
        raise MedmtlError(f"{source}: the folder of the DICOM images does not exist. Correct the path.")
    found: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        key = _key(path)
        if key is not None:
            found[key].append(path)
    return tuple(FoundSeries(patient, kind, tuple(files)) for (patient, kind, _), files in sorted(found.items()))


def _key(path: Path) -> tuple[str, str, str] | None:
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_ASKED)
    except (InvalidDicomError, EOFError, OSError, ValueError):
        return None
    key = (text(header, "PatientID"), text(header, "Modality"), text(header, "SeriesInstanceUID"))
    return key if key[1] in IMAGES else None
