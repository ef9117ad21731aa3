"""Reads the header of every file below a folder, in parallel, and divides the files into cases."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from joblib import Parallel, delayed

from medmtl.dicom.archive import FileRef, list_files
from medmtl.dicom.broken import Broken
from medmtl.dicom.facts import Facts, place_of, read_facts
from medmtl.dicom.groups import CaseBy, Group, group_cases
from medmtl.errors import MedmtlError
from medmtl.stages.progress import progress
from medmtl.stages.workers import workers

_CHUNK = 256  # files to one piece of work: a few tenths of a second, so that other processes are worth starting
_STRANGERS = 3  # files that are no DICOM which are named


@dataclass(frozen=True, slots=True)
class Found:
    """The cases below a folder, the files and archives that could not be read and why, and a sentence on all files."""

    groups: tuple[Group, ...]
    faults: tuple[tuple[str, str], ...]
    remark: str


def search(source: Path, by: CaseBy, jobs: int) -> Found:
    """Return the cases below the folder or in the archive; raises MedmtlError where not one file is DICOM."""
    listing = list_files(source)
    facts = _read_all(listing.files, jobs)
    strangers = [ref for ref, one in zip(listing.files, facts, strict=True) if one is None]
    known = [one for one in facts if isinstance(one, Facts)]
    broken = [one for one in facts if isinstance(one, Broken)]
    if not known and not broken and not listing.faults:
        raise MedmtlError(f"{source}: at least one file must be DICOM. Found none among {len(listing.files)} files.")
    groups = group_cases(known, by, source)
    owned = _owned(groups, broken)
    lost = set(broken).difference(*owned.values())
    faults = [*((path.name, reason) for path, reason in listing.faults)]
    faults += [(one.name, str(one)) for one in broken if one in lost]
    groups = [replace(group, fault=group.fault or _fault(owned.get(group.case_id, ()))) for group in groups]
    return Found(tuple(groups), tuple(faults), _remark(len(known), strangers))


def _owned(groups: Sequence[Group], broken: Sequence[Broken]) -> dict[str, list[Broken]]:
    """Return the broken files that surely belong to a case, by case: they may be slices that nothing else misses.

    One belongs to a case where all DICOM in its folder, or else in the nearest folder around it, is of that case.
    """
    owners: dict[PurePosixPath, set[str]] = defaultdict(set)
    for group in groups if broken else ():
        for one in group.facts:
            for folder in place_of(one.ref).parents:
                owners[folder].add(group.case_id)
    owned: dict[str, list[Broken]] = defaultdict(list)
    for file in broken:
        around = next((owners[folder] for folder in place_of(file.ref).parents if folder in owners), set())
        if len(around) == 1:
            owned[min(around)].append(file)
    return owned


def _fault(broken: Sequence[Broken]) -> str:
    if not broken:
        return ""
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    return f"every file of a case must be whole DICOM. Found {broken[0]}{more}. Copy it again, or take it away"


def _read_all(refs: Sequence[FileRef], jobs: int) -> list[Facts | Broken | None]:
    chunks = [refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK)]
    parallel = Parallel(n_jobs=workers(jobs, len(chunks) // 4), return_as="generator")
    facts: list[Facts | Broken | None] = []
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
