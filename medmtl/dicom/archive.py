"""Finds files in a folder of any nesting and in zip archives, and lends them as plain files."""

import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from medmtl.errors import MedmtlError
from medmtl.whole_file import PARTIAL

LARGEST_BYTES = 4 << 30  # of one file in an archive: no slice, nor whole multi-frame series, is larger
_PASSED_OVER = ("DICOMDIR",)


@dataclass(frozen=True, slots=True, order=True)
class FileRef:
    """One file: `member` is its place within the zip archive `path`, empty for a file of its own.

    `state` is its size and time, or size and checksum of a member: it changes with the content.
    """

    path: Path
    member: str = ""
    state: str = ""

    def __str__(self) -> str:
        return f"{self.path}!{self.member}" if self.member else str(self.path)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files found, in order, and why an archive could not be looked into, by archive."""

    files: tuple[FileRef, ...]
    faults: tuple[tuple[Path, str], ...] = ()


class Opener:
    """Opens files one after the other; an archive stays open while its members follow one another."""

    def __init__(self) -> None:
        self._archive: zipfile.ZipFile | None = None

    def __enter__(self) -> "Opener":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def open(self, ref: FileRef) -> IO[bytes]:
        """Return the file for reading, whether it lies in an archive or not."""
        if not ref.member:
            return ref.path.open("rb")
        if self._archive is None or self._archive.filename != str(ref.path):
            self._close()
            self._archive = zipfile.ZipFile(ref.path)
        return self._archive.open(ref.member)

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()


def list_files(source: Path) -> Listing:
    """Return every file in the folder (or in the zip archive, or the file itself) and in archives below.

    An archive within an archive is told as a fault.

    Hidden files and DICOMDIR are passed over. Raises MedmtlError where the source does not exist.
    """
    if not source.exists():
        raise MedmtlError(f"{source}: the folder of the DICOM files does not exist. Correct the path.")
    plain = [source] if source.is_file() else list(_walk(source))
    files: list[FileRef] = []
    faults: list[tuple[Path, str]] = []
    for path in plain:
        try:
            files += _members(path) if _is_archive(path) else [_plain(path)]
        except (MedmtlError, OSError) as error:  # of a link that leads nowhere, too
            faults.append((path, str(error)))
    inner = [ref for ref in files if ref.member and _is_archive(Path(ref.member))]
    faults += [(Path(ref.member), f"{ref}: an archive in an archive is not looked into; unpack it.") for ref in inner]
    return Listing(tuple(ref for ref in files if ref not in inner), tuple(faults))


@contextmanager
def lent(refs: Sequence[FileRef], place: Path | None = None) -> Iterator[tuple[Path, ...]]:
    """Yield the files as plain files, in order; members of archives are unpacked for the time.

    They go into `place`, as the system's own place for such files may be small; what is left there by a process that
    was killed begins with `PARTIAL`. Unpacked files get names of our own, so that no name within an archive decides
    where anything is written.
    """
    if not any(ref.member for ref in refs):
        yield tuple(ref.path for ref in refs)
        return
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{PARTIAL}medmtl-", dir=place) as folder, Opener() as opener:
        files = tuple(_unpack(ref, Path(folder) / f"{index:06}.dcm", opener) for index, ref in enumerate(refs))
        try:
            yield files
        except MedmtlError as error:
            raise MedmtlError(_named(str(error), files, refs)) from error


def _named(told: str, files: Sequence[Path], refs: Sequence[FileRef]) -> str:
    """Return what is told of unpacked files in the names by which the user knows them."""
    for file, ref in zip(files, refs, strict=True):
        if ref.member:
            told = told.replace(str(file), str(ref)).replace(file.name, ref.member)
    packed = {file.parent: ref.path for file, ref in zip(files, refs, strict=True) if ref.member}
    for folder, archive in packed.items():
        told = told.replace(str(folder), str(archive))
    return told


def _walk(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if os.path.realpath(place) in seen:  # a link back up would lead round and round
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if _counts(name))


def _counts(name: str) -> bool:
    return not name.startswith(".") and name.upper() not in _PASSED_OVER


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _plain(path: Path) -> FileRef:
    stat = path.stat()
    return FileRef(path, "", f"{stat.st_size}:{stat.st_mtime_ns}")


def _members(path: Path) -> list[FileRef]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise MedmtlError(f"{path}: the archive must be a whole zip. Found: {error}. Pack or copy it again.") from error
    if any(entry.flag_bits & 1 for entry in found):
        raise MedmtlError(f"{path}: the archive must not be encrypted. Found a password; unpack it first.")
    kept = [entry for entry in found if _counts(entry.filename.replace("\\", "/").rpartition("/")[2])]
    return [FileRef(path, entry.filename, f"{entry.file_size}:{entry.CRC}") for entry in kept]


def _unpack(ref: FileRef, target: Path, opener: Opener) -> Path:
    if not ref.member:
        return ref.path
    if int(ref.state.partition(":")[0]) > LARGEST_BYTES:
        raise MedmtlError(f"{ref}: a file in an archive must be at most {LARGEST_BYTES >> 30} GiB. Found it larger.")
    try:
        with opener.open(ref) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise MedmtlError(f"{ref}: the archive must be whole. Found: {error}. Pack or copy it again.") from error
    return target
