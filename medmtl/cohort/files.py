"""The images that a manifest names, row by row, and what is wrong where two rows name one file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medmtl.findings import Finding, Level
from medmtl.records import Case

ROLES = ("ct", "pet", "mask")


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """The existing images of one row. `case_id` and `centre` are empty where the table lacks them."""

    case_id: str
    centre: str
    line: int | None
    ct: Path | None
    pet: Path | None
    mask: Path | None

    @property
    def name(self) -> str:
        """The case's id, else its line, for people."""
        return self.case_id or f"line {self.line}"

    @property
    def images(self) -> dict[str, Path]:
        """The files that exist, by role."""
        paths = {"ct": self.ct, "pet": self.pet, "mask": self.mask}
        return {role: path for role, path in paths.items() if path is not None}


def files_of_table(table: pd.DataFrame, folder: Path) -> tuple[CaseFiles, ...]:
    """Return the files of every row (cells are text or None); what does not exist is None."""
    rows = [dict(zip(table.columns, cells, strict=True)) for cells in table.itertuples(index=False, name=None)]
    return tuple(_files(row, line, folder) for line, row in enumerate(rows, start=2))


def files_of_cases(cases: Iterable[Case]) -> tuple[CaseFiles, ...]:
    """Return the files of these cases."""
    return tuple(CaseFiles(case.case_id, case.centre, None, case.ct, case.pet, case.mask) for case in cases)


def missing_ct(table: pd.DataFrame) -> list[Finding]:
    """Return a fault for each row of PET alone: the manifest may keep it, a run cannot use it."""
    rows = table.index[table["ct"].isna()].tolist() if "ct" in table else []
    ids = table["case_id"] if "case_id" in table else pd.Series(index=table.index, dtype=object)
    message = "a run needs a CT beside the PET. The cell is empty; write the CT's path, or take the row out."
    return [Finding(Level.FAULT, "no-ct", message, ids[row] or "", row + 2, "ct") for row in rows]


def shared_files(cases: Iterable[CaseFiles]) -> list[Finding]:
    """Return a fault for each further place that names a file again: one image shows one patient, in one role."""
    users: dict[Path, list[tuple[CaseFiles, str]]] = defaultdict(list)
    for case in cases:
        for role, path in case.images.items():
            users[path.resolve()].append((case, role))
    return [_shared(first, again, path) for path, (first, *rest) in users.items() for again in rest]


def _shared(first: tuple[CaseFiles, str], again: tuple[CaseFiles, str], path: Path) -> Finding:
    (one, role), (case, column) = first, again
    whose = "this case" if one is case else f"case {one.name}"
    message = (
        f"one image must belong to one case and one column. Found it as {role} of {whose} too; "
        "correct the path, or take a row out."
    )
    return Finding(Level.FAULT, "file-shared", message, case.case_id, case.line, column, str(path))


def _files(row: Mapping[str, str | None], line: int, folder: Path) -> CaseFiles:
    paths = {role: _existing(row.get(role), folder) for role in ROLES}
    return CaseFiles(row.get("case_id") or "", row.get("centre") or "", line, **paths)


def _existing(cell: str | None, folder: Path) -> Path | None:
    path = folder / cell if cell else None
    return path if path is not None and path.is_file() else None
