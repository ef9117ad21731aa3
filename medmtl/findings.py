"""What is found wrong, or worth knowing, in a cohort: one record for the table, the images and the endpoints."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding matters: a fault stops a run, a warning does not, a note only informs."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: `code` names its rule (docs/check.md), `message` says rule, finding and remedy.

    `line` is the manifest's, from 2 for the first case. What a finding is not about stays empty.
    """

    level: Level
    code: str
    message: str
    case_id: str = ""
    line: int | None = None
    column: str = ""
    file: str = ""

    def __str__(self) -> str:
        """Return the whole sentence: case (else line), column, file, message."""
        case = f"Case {self.case_id}" if self.case_id else f"Line {self.line}" if self.line is not None else ""
        column = f"column {self.column}" if case else f"Column {self.column}"
        where = ", ".join(filter(None, [case, column if self.column else ""]))
        return ": ".join(filter(None, [where, self.file, self.message]))

    def of(self, case_id: str, line: int | None = None) -> "Finding":
        """Return the same finding of this case."""
        return replace(self, case_id=case_id, line=line)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values for JSON and tables."""
        return {**asdict(self), "level": self.level.value}


def faults(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that stop a run, in order."""
    return [finding for finding in findings if finding.level is Level.FAULT]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that are to be looked at, in order."""
    return [finding for finding in findings if finding.level is Level.WARNING]


def notes(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that only inform, in order."""
    return [finding for finding in findings if finding.level is Level.NOTE]


def fault(code: str, message: str, *, column: str = "", file: object = "") -> Finding:
    """Return a fault of no case yet."""
    return Finding(Level.FAULT, code, message, column=column, file=str(file))


def warning(code: str, message: str, *, column: str = "", file: object = "") -> Finding:
    """Return a warning of no case yet."""
    return Finding(Level.WARNING, code, message, column=column, file=str(file))


def note(code: str, message: str, *, column: str = "", file: object = "") -> Finding:
    """Return a note of no case yet."""
    return Finding(Level.NOTE, code, message, column=column, file=str(file))
