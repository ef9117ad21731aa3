"""What the page of a checked cohort is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from medmtl.cohort.files import CaseFiles
from medmtl.findings import Finding, Level
from medmtl.imaging.inspection import ImageFacts
from medmtl.records import Endpoint


@dataclass(frozen=True, slots=True)
class CheckedCase:
    """One row of the manifest: its files, what was measured, its pictures (WebP), and what was followed, if known."""

    files: CaseFiles
    facts: ImageFacts
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    observed: Endpoint | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CheckedCohort:
    """A cohort that was looked through: `findings` of table, images and plan, in the order of the manifest.

    `missing` has a row per centre and one for all: the cases, and how many lack each item. `endpoint` is None
    where none was asked for.
    """

    manifest: Path
    endpoint: str | None
    cases: tuple[CheckedCase, ...]
    findings: tuple[Finding, ...]
    missing: pd.DataFrame

    @property
    def endpoints(self) -> list[Endpoint]:
        """What was observed of the planned endpoint, where it is known."""
        return [case.observed for case in self.cases if case.observed]

    @property
    def centres(self) -> list[str]:
        """The centres, sorted."""
        return sorted({case.files.centre or "(none)" for case in self.cases})

    def of_level(self, level: Level) -> list[Finding]:
        """Return the findings of a level."""
        return [finding for finding in self.findings if finding.level is level]

    def of_case(self, case: CheckedCase) -> list[Finding]:
        """Return the findings of a row: those of its line, else of its id."""
        return [finding for finding in self.findings if _is_of(finding, case.files)]


def grouped(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return the findings by code, in the order in which the codes come first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.code, []).append(finding)
    return groups


def _is_of(finding: Finding, files: CaseFiles) -> bool:
    if finding.line is not None:
        return finding.line == files.line
    return bool(finding.case_id) and finding.case_id == files.case_id
