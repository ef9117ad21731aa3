"""Tells a broken DICOM file from a file that is none: what is passed over may be the last slice of a series."""

import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from zipfile import BadZipFile

from pydicom import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from medmtl.dicom.archive import FileRef, Opener

UNREADABLE = (InvalidDicomError, BadZipFile, zlib.error, OSError, EOFError, ValueError, TypeError, LookupError)
_PREAMBLE = 128  # bytes before the word DICM
_FIRST_TAGS = (  # of the preface, or (0008,xxxx) of the header
    b"\x02\x00\x00\x00UL",
    b"\x08\x00\x00\x00\x04\x00",
    b"\x08\x00\x05\x00",
    b"\x08\x00\x08\x00",
    b"\x08\x00\x16\x00",
)
_SUFFIXES = {".dcm", ".dicom", ".ima"}
_STORED = {  # beside images
    "1.2.840.10008.5.1.4.1.1.481.3",  # RT Structure Set Storage
    "1.2.840.10008.5.1.4.1.1.66.4",  # Segmentation Storage
    "1.2.840.10008.5.1.4.1.1.66.7",  # Label Map Segmentation Storage
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that should be DICOM, by its name or its first bytes, and `reason`, why it cannot be read."""

    ref: FileRef
    reason: str

    @property
    def name(self) -> str:
        """The name of the file alone."""
        return PurePosixPath(self.ref.member.replace("\\", "/") or self.ref.path.name).name

    def __str__(self) -> str:
        return f"{self.ref}: {self.reason}"


def without_series(ref: FileRef, header: FileDataset) -> Broken | None:
    """Return what is wrong with a header that tells no series; None for what needs none, as a DICOMDIR."""
    kind = str(header.file_meta.get("MediaStorageSOPClassUID", ""))
    if kind and kind not in _STORED and "Image Storage" not in UID(kind).name:
        return None
    return Broken(ref, "its header ends before it tells its series")


def unread(ref: FileRef, opener: Opener, error: Exception) -> Broken | None:
    """Return why a file could not be read; None where neither its name nor its first bytes are those of DICOM."""
    try:
        with opener.open(ref) as file:
            begin = file.read(_PREAMBLE + 4)
    except UNREADABLE:
        return Broken(ref, f"it cannot be read: {error}")  # a damaged member of an archive, or no permission
    if begin[_PREAMBLE:] == b"DICM":
        return Broken(ref, f"it is damaged or cut short: {error}")
    if begin.startswith(_FIRST_TAGS):
        return Broken(ref, "it lacks the preamble of a DICOM file; export it again")
    name = Broken(ref, "").name
    numbered = name[-1:].isdigit()  # IM0001, 1.2.840.7; an empty LOCK or VERSION lies on many a disc
    if PurePosixPath(name).suffix.lower() in _SUFFIXES or (numbered and not begin):
        return Broken(ref, "it holds no DICOM" if begin else "it is empty")
    return None
