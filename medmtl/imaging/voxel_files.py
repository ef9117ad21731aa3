"""Tells which further files hold the voxels of an image whose file is a header alone."""

import re
from pathlib import Path

_NAMED = re.compile(rb"^(?:ElementDataFile[ \t]*=|data ?file:)[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_BEGIN = 1 << 16  # bytes: a header is shorter
_HEADERS = (".mhd", ".nhdr")  # MetaImage and NRRD, which name the file of their voxels
_PAIRS = {".hdr": ".img", ".img": ".hdr"}  # Analyze 7.5, and NIfTI in two files


def voxel_files(path: Path) -> tuple[Path, ...]:
    """Return the files beside a header that hold its voxels; none where they follow in the same file.

    A list or a pattern of names gives one name that does not exist. Raises OSError where a header cannot be read.
    """
    if path.suffix.lower() in _PAIRS:
        return (path.with_suffix(_PAIRS[path.suffix.lower()]),)
    if path.suffix.lower() not in _HEADERS:
        return ()
    with path.open("rb") as file:
        named = _NAMED.search(file.read(_BEGIN))
    return (path.parent / named[1].decode("utf-8", errors="replace").strip(),) if named else (path / "unknown",)
