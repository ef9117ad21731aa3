"""Reads the header of every file below a folder, in parallel, and divides the files into cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed

from medmtl.dicom.archive import FileRef, list_files
from medmtl.dicom.facts import Facts, read_facts
from medmtl.dicom.groups import CaseBy, Group, group_cases
from medmtl.errors import MedmtlError
from medmtl.stages.prepare import workers
from medmtl.stages.progress import progress

_CHUNK = 256  # files to one piece of work: a few tenths of a second, so that other processes are worth starting
_STRANGERS = 3  # files that are no DICOM which are named


@dataclass(frozen=True, slots=True)
class Found:
    """The cases below a folder, why archives could not be read, and a sentence on all files."""

    groups: tuple[Group, ...]
    faults: tuple[tuple[Path, str], ...]
    remark: str


def search(source: Path, by: CaseBy, jobs: int) -> Found:
    """Return the cases below the folder or in the archive; raises MedmtlError where not one file is DICOM."""
    listing = list_files(source)
    facts = _read_all(listing.files, jobs)
    strangers = [ref for ref, one in zip(listing.files, facts, strict=True) if one is None]
    known = [one for one in facts if one is not None]
    if not known and not listing.faults:
        raise MedmtlError(f"{source}: at least one file must be DICOM. Found none among {len(listing.files)} files.")
    return Found(tuple(group_cases(known, by, source)), listing.faults, _remark(len(known), strangers))


def _read_all(refs: Sequence[FileRef], jobs: int) -> list[Facts | None]:
    chunks = [refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK)]
    parallel = Parallel(n_jobs=workers(jobs, len(chunks) // 4), return_as="generator")
    facts: list[Facts | None] = []
    with progress("search", len(chunks)) as advance:
        for found in parallel(delayed(read_facts)(chunk) for chunk in chunks):
            facts += found
            advance(f"{len(facts)} files")
    return facts


def _remark(known: int, strangers: Sequence[FileRef]) -> str:
    if not strangers:
        return f"{known} DICOM files read"
    named = ", ".join(map(str, strangers[:_STRANGERS])) + (", ..." if len(strangers) > _STRANGERS else "")
    return f"{known} DICOM files read; {len(strangers)} others are no DICOM and passed over: {named}"
