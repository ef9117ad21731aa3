"""The soft-tissue sarcoma cohort of McGill: its clinical sheet as published, and where its images lie.

Source: Vallieres M et al., Phys Med Biol 60:5471, 2015; The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2015.7GO2GSKS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from medmtl.errors import CaseError, MedmtlError
from medmtl.records import ClinicalColumn, Endpoint, Scale

CENTRE = "McGill"
COLUMNS = (  # of baseline only: treatment is decided later, and would tell of the course
    ClinicalColumn("age", Scale.NUMERIC),
    ClinicalColumn("sex", Scale.NOMINAL, ("Female", "Male")),
    ClinicalColumn("grade", Scale.ORDINAL, ("Low", "Intermediate", "High")),
    ClinicalColumn("histology", Scale.NOMINAL),
)
_HEADER = {  # what the column's header begins with, in lower case and with plain hyphens
    "id": "patient id",
    "age": "age",
    "sex": "sex",
    "histology": "mskcc type",
    "grade": "grade",
    "outcome": "outcome",
    "outcome_days": "time - diagnosis to outcome (days)",
    "status": "status",
    "followed_days": "time - diagnosis to last follow-up (days)",
}
_NO_EVENT = re.compile(r"-+")
_DASHES = re.compile("[\u2010-\u2015\u2212]")  # hyphens, en and em dash, minus


@dataclass(frozen=True, slots=True)
class ClinicalRow:
    """One line of the sheet, by the names of `_HEADER`; an empty cell is None."""

    case_id: str
    cells: Mapping[str, str | None]

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """`pfs`: any recurrence or metastasis, else censored at last follow-up; `os`: dead at last follow-up."""
        followed, status, outcome = self._days("followed_days"), self.cells["status"], self.cells["outcome"]
        found: dict[str, Endpoint] = {}
        if outcome and not _NO_EVENT.fullmatch(outcome):
            found["pfs"] = Endpoint(self._known("outcome_days"), event=True)
        elif outcome and followed is not None:
            found["pfs"] = Endpoint(followed, event=False)
        if status and followed is not None:
            found["os"] = Endpoint(followed, self._word("status", ("NED", "AWD", "D")) == "D")
        return found

    @property
    def clinical(self) -> dict[str, float | str | None]:
        """The values of COLUMNS."""
        words = {column.name: self._word(column.name, column.levels) for column in COLUMNS if column.levels}
        return {"age": self._number("age"), "histology": self.cells["histology"], **words}

    def _word(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """Return the word as it is spelt in `allowed`, whatever its case in the sheet."""
        cell = self.cells[name]
        spelt = {word.lower(): word for word in allowed}
        if cell is not None and cell.lower() not in spelt:
            raise CaseError(self.case_id, f"{name} must be one of {', '.join(allowed)}. Found {cell!r}.")
        return None if cell is None else spelt[cell.lower()]

    def _number(self, name: str) -> float | None:
        cell = self.cells[name]
        if cell is None or _NO_EVENT.fullmatch(cell):
            return None
        if not re.fullmatch(r"-?\d+(\.\d+)?", cell):
            raise CaseError(self.case_id, f"{name} must be a number. Found {cell!r}.")
        return float(cell)

    def _days(self, name: str) -> float | None:
        days = self._number(name)
        if days is not None and days < 0:
            raise CaseError(self.case_id, f"{name} must be 0 or more. Found {days:g}.")
        return days

    def _known(self, name: str) -> float:
        days = self._days(name)
        if days is None:
            raise CaseError(self.case_id, f"{name} must be given where there is an outcome. Found an empty cell.")
        return days


def read_clinical(path: Path) -> dict[str, ClinicalRow]:
    """Return the sheet's rows by patient; other patients and columns do no harm.

    Raises MedmtlError where the file, a column or a distinct patient id is missing.
    """
    table = _read_sheet(path)
    places = {name: _find(table, begin, path) for name, begin in _HEADER.items()}
    ids = [str(cell) for cell in table[places["id"]] if cell]
    twice = sorted({case_id for case_id in ids if ids.count(case_id) > 1})
    if twice:
        raise MedmtlError(
            f"{path}: a patient must have one line. Found more for {', '.join(twice)}; delete the others."
        )
    lines = [{name: line[place] for name, place in places.items()} for line in table.to_dict("records")]
    return {line["id"]: ClinicalRow(line["id"], line) for line in lines if line["id"]}


def _read_sheet(path: Path) -> pd.DataFrame:
    """Return all cells as text with plain hyphens and single blanks, None where empty."""
    if not path.is_file():
        raise MedmtlError(f"{path}: the clinical sheet does not exist. Correct the path.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # what a spreadsheet writes on Windows
        text = raw.decode("cp1252", errors="replace")
    table = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    table.columns = pd.Index([_plain(name).lower() for name in table.columns])
    return table.map(lambda cell: _plain(cell) or None).astype(object)


def _plain(text: str) -> str:
    return " ".join(_DASHES.sub("-", text).split())


def _find(table: pd.DataFrame, begin: str, path: Path) -> str:
    """Return the first column that begins so; a blank beside a hyphen makes no difference."""
    for name in table.columns:
        if str(name).replace(" ", "").startswith(begin.replace(" ", "")):
            return str(name)
    raise MedmtlError(f"{path}: the sheet must have a column `{begin}`. Found {', '.join(map(str, table.columns))}.")
