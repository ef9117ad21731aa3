"""Writes DICOM files, and never over another."""

from io import BytesIO
from pathlib import Path

import pydicom
from pydicom import DataElement, Dataset
from pydicom.errors import InvalidDicomError

from medmtl.errors import MedmtlError
from medmtl.whole_file import whole_file

DicomObject = Dataset
_WHEN = (  # when an object was made says nothing of what it is
    "InstanceCreationDate",
    "InstanceCreationTime",
    "ContentDate",
    "ContentTime",
    "StructureSetDate",
    "StructureSetTime",
    "ContributionDateTime",
)


def keep_or_write(dataset: Dataset, path: Path) -> bool:
    """Write the object, whole or not at all, and return True; return False where the same one is there already.

    Raises MedmtlError where something else has the name: nothing is overwritten.
    """
    if path.exists():
        if not _is_there(dataset, path):
            raise MedmtlError(f"{path} must be new, or hold the same object. It holds another; choose another --out.")
        return False
    with whole_file(path) as partial:
        dataset.save_as(partial, enforce_file_format=True)
    return True


def uid_in(path: Path) -> str | None:
    """Return the SOPInstanceUID of a file, None where there is no file; raise MedmtlError where it is not DICOM."""
    if not path.exists():
        return None
    try:
        return str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).get("SOPInstanceUID", ""))
    except (InvalidDicomError, EOFError, OSError) as error:
        raise MedmtlError(f"{path} must be whole DICOM. Found: {error}.") from error


def _is_there(dataset: Dataset, path: Path) -> bool:
    content = BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    content.seek(0)
    try:
        there = pydicom.dcmread(path)
    except (InvalidDicomError, EOFError, OSError):
        return False
    there.walk(_forget_when)
    again = pydicom.dcmread(content)
    again.walk(_forget_when)
    return bool(there == again)


def _forget_when(dataset: Dataset, element: DataElement) -> None:
    if element.keyword in _WHEN:
        del dataset[element.tag]
