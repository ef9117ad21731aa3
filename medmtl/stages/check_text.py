"""Writes what a check found as text, and as files that programs read: check.json and findings.csv."""

import json
from pathlib import Path

import pandas as pd

from medmtl import __version__
from medmtl.findings import Finding, Level
from medmtl.report.check_page.contents import CheckedCase, CheckedCohort, grouped
from medmtl.report.check_page.facts import cohort_facts
from medmtl.report.check_page.wording import verdict
from medmtl.whole_file import whole_file

_SHOWN = 20  # findings of one rule that are written out; the others are named by their cases
_NAMED = 60  # of the others, those that are named: more hide the rest of the text
_COLUMNS = ["level", "code", "case_id", "line", "column", "file", "message"]


def summary(cohort: CheckedCohort, page: Path) -> str:
    """Return the verdict, every finding and what the cohort holds, for a terminal."""
    parts = [f"{cohort.manifest}: {verdict(cohort)}"]
    for level, title in ((Level.FAULT, "Faults"), (Level.WARNING, "Warnings"), (Level.NOTE, "Good to know")):
        found = cohort.of_level(level)
        if found:
            parts += [f"{title} ({len(found)}):", *_lines(found)]
    parts += ["Cohort:", *(f"  {name}: {words}" for name, words in cohort_facts(cohort))]
    return "\n".join([*parts, f"Pictures of every case: {page}"])


def write_findings(cohort: CheckedCohort, folder: Path) -> None:
    """Write `check.json` (verdict, counts, findings, cases) and `findings.csv` (a line per finding)."""
    counts = {level.value: len(cohort.of_level(level)) for level in Level}
    document = {
        "medmtl": __version__,
        "manifest": str(cohort.manifest),
        "endpoint": cohort.endpoint,
        "verdict": verdict(cohort),
        "counts": counts,
        "findings": [finding.to_dict() for finding in cohort.findings],
        "cohort": dict(cohort_facts(cohort)),
        "missing": json.loads(cohort.missing.to_json(orient="index")),
        "cases": [_measured(case) for case in cohort.cases],
    }
    with whole_file(folder / "check.json") as partial:
        partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", "utf-8")
    table = pd.DataFrame([finding.to_dict() for finding in cohort.findings], columns=_COLUMNS)
    with whole_file(folder / "findings.csv") as partial:
        table.astype({"line": "Int64"}).to_csv(partial, index=False)


def _lines(found: list[Finding]) -> list[str]:
    lines = []
    for group in grouped(found).values():
        lines += [f"  {finding}" for finding in group[:_SHOWN]]
        rest = [finding.case_id or f"line {finding.line}" for finding in group[_SHOWN:]]
        if rest:
            told = ", ".join(rest[:_NAMED]) + (", ... (all are in findings.csv)" if len(rest) > _NAMED else "")
            lines.append(f"  The same ({group[0].code}) in {len(rest)} more: {told}.")
    return lines


def _measured(case: CheckedCase) -> dict[str, object]:
    facts = case.facts
    grids = {role: {"size": grid.size, "spacing_mm": grid.spacing} for role, grid in facts.grids.items()}
    observed = {"time_days": case.observed.time_days, "event": case.observed.event} if case.observed else None
    own = {"case_id": case.files.case_id, "line": case.files.line, "centre": case.files.centre, "observed": observed}
    return {**own, "suv_max": facts.suv_max, "volume_ml": facts.volume_ml, "grids": grids, "hashes": dict(facts.hashes)}
