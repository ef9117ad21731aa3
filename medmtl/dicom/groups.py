"""Divides the files that were found into cases: by patient, by study, or by folder."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from medmtl.cohort.rules import NO_NAMES
from medmtl.dicom.facts import Facts, place_of

_UNSAFE = re.compile(r"[^\w.-]+")
_LEAST = re.compile(r"\w[\w.-]*")


class CaseBy(StrEnum):
    """What makes a case: a PatientID, a StudyInstanceUID, or a folder (or archive) below the source, or below that."""

    PATIENT = "patient"
    STUDY = "study"
    FOLDER = "folder"
    SUBFOLDER = "subfolder"


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one case; `name` is what it is named by, `case_id` the same made safe for file names.

    `fault` says why the case cannot be imported whatever its files are, empty where it can.
    """

    case_id: str
    name: str
    facts: tuple[Facts, ...]
    fault: str = ""


def group_cases(facts: Sequence[Facts], by: CaseBy, source: Path) -> list[Group]:
    """Return the cases in the order of their ids; files without a name, and names too alike, make faulty ones."""
    named: dict[str, list[Facts]] = defaultdict(list)
    for one in facts:
        named[_name(one, by, source)].append(one)
    ids = {name: _UNSAFE.sub("_", name).strip("_.-") for name in named if name}
    alike = _alike(ids)
    groups = [Group(ids[name], name, tuple(named[name]), _fault(ids[name], alike)) for name in ids]
    if "" in named:
        groups.append(_nameless(named[""]))
    return sorted(groups, key=lambda group: group.case_id)


def _name(facts: Facts, by: CaseBy, source: Path) -> str:
    if by is CaseBy.PATIENT:
        return facts.patient
    if by is CaseBy.STUDY:
        return facts.study
    level = 1 if by is CaseBy.SUBFOLDER else 0
    parts = place_of(facts.ref).parts[len(source.parts) :]
    return parts[level].removesuffix(".zip") if len(parts) > level + 1 else ""


def _alike(ids: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Return the names by id in lower case, since a file system may not tell capitals apart."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, case_id in ids.items():
        found[case_id.lower()].append(name)
    return found


def _fault(case_id: str, alike: Mapping[str, list[str]]) -> str:
    names = alike[case_id.lower()]
    if not _LEAST.fullmatch(case_id):
        return f"a case's name must have a letter or a digit. Found {names[0]!r}"
    if case_id in NO_NAMES:
        return f"a case's name must be no word for a missing value. Found {names[0]!r}; use --case-by folder"
    if len(names) > 1:
        told = ", ".join(map(repr, sorted(names)))
        return f"names must differ when written as files. Found {told}; rename one, or use --case-by folder"
    return ""


def _nameless(facts: Sequence[Facts]) -> Group:
    places = sorted({str(place_of(one.ref).parent) for one in facts})
    found = f"Found {len(facts)} files without it, the first in {places[0]}"
    remedy = "use --case-by folder where each patient has a folder"
    return Group("(unnamed)", "", tuple(facts), f"every file must tell its case (PatientID). {found}; {remedy}")
