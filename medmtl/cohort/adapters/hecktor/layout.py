"""Where the images of a HECKTOR tree lie: searched for by their names, since the layout changed from year to year."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from medmtl.cohort.adapters.hecktor.centres import CENTRES, PATIENT, centre_of, key_of
from medmtl.errors import CaseError

KINDS = ("ct", "pet", "mask")
_IMAGE = re.compile(r"(?P<stem>.+?)\.(nii\.gz|nii|mha)", re.IGNORECASE)
_NAMED = re.compile(r"(?P<id>.+?)_{1,2}(?P<kind>ct|pt|pet|gtvt|gtv|mask|seg|label)", re.IGNORECASE)
_KIND = {"ct": "ct", "pt": "pet", "pet": "pet"}
_SHELF = re.compile(r"(?:images|labels)(?P<part>Tr|Ts|Train|Test|Training|Testing)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """The files of one patient by kind; `copies` are other folders that hold the patient too.

    `joined` says that no folder held all the files, so that they were taken from several.
    """

    case_id: str
    files: Mapping[str, tuple[Path, ...]]
    copies: tuple[Path, ...]
    joined: bool = False

    def one(self, kind: str) -> Path | None:
        """Return the file of this kind, None where there is none; raise CaseError where there is a choice to make."""
        found = self.files.get(kind, ())
        if len(found) > 1:
            places = ", ".join(map(str, found))
            raise CaseError(self.case_id, f"there must be one {kind} file. Found {places}; move the others away.")
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Layout:
    """What was found: the cases by key, and how their files are named, counted (`CHUM-001__CT.nii.gz`: 12)."""

    cases: Mapping[str, CaseFiles]
    names: Mapping[str, int]

    def describe(self) -> str:
        """Return what was found, in a sentence."""
        names = ", ".join(f"{count} like {name}" for name, count in self.names.items())
        return f"{len(self.cases)} cases ({names})" if names else "no image"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    case_id: str
    kind: str

    @property
    def place(self) -> Path:
        """The folder that the patient's files share: that of the file, or the one with imagesTr and labelsTr in it."""
        shelf = _SHELF.fullmatch(self.path.parent.name)
        return self.path.parent.parent / f"*{shelf['part'] or ''}" if shelf else self.path.parent


def walk(source: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, links followed, but for hidden ones and for cohorts imported into it."""
    seen: set[str] = set()
    for folder, below, names in os.walk(source, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen or "import_report.csv" in names:
            below.clear()
            continue
        seen.add(place)
        below[:] = sorted(name for name in below if not name.startswith((".", "__MACOSX")))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith((".", "~$")))


def find_cases(paths: list[Path]) -> Layout:
    """Return the cases among these files: `ID_ct`, `ID__CT`, `ID__PT`, `ID_gtvt` or, for a mask, `ID` alone.

    The same patient in several folders (the tasks of 2025) is taken from the most complete, the first by name of
    equals; what only another folder holds is taken from there.
    """
    found: dict[str, list[_File]] = defaultdict(list)
    for file in filter(None, map(_recognise, paths)):
        found[key_of(file.case_id)].append(file)
    found = {key: files for key, files in found.items() if _is_patient(files)}
    names: Counter[str] = Counter(_shape(file) for files in found.values() for file in files)
    return Layout({key: _choose(found[key]) for key in sorted(found)}, dict(sorted(names.items())))


def _recognise(path: Path) -> _File | None:
    image = _IMAGE.fullmatch(path.name)
    if image is None:
        return None
    named = _NAMED.fullmatch(image["stem"])
    case_id, kind = (named["id"], _KIND.get(named["kind"].lower(), "mask")) if named else (image["stem"], "mask")
    return _File(path, case_id, kind) if PATIENT.fullmatch(case_id) else None


def _is_patient(files: list[_File]) -> bool:
    """Say whether these are a patient's, and not just any files with a number, which masks may look like."""
    return any(file.kind != "mask" for file in files) or centre_of(files[0].case_id, None) in CENTRES


def _choose(files: list[_File]) -> CaseFiles:
    places: dict[Path, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        places[file.place][file.kind].append(file.path)
    ranked = sorted(places, key=lambda place: (-len(places[place]), str(place)))
    holders = {kind: place for place in reversed(ranked) for kind in places[place]}
    chosen = {kind: tuple(places[holders[kind]][kind]) for kind in KINDS if kind in holders}
    copies = tuple(place for place in ranked if place not in holders.values())
    names = [file.case_id for file in files if file.kind != "mask"] or [file.case_id for file in files]
    return CaseFiles(names[0], chosen, copies, joined=len(set(holders.values())) > 1)


def _shape(file: _File) -> str:
    return file.path.name.replace(file.case_id, "ID", 1)
