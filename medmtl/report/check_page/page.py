"""Writes check.html: the verdict, every finding, what the cohort holds, and the pictures; one file, no address."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medmtl import __version__
from medmtl.findings import Finding, Level
from medmtl.report.check_page.contents import CheckedCase, CheckedCohort, grouped
from medmtl.report.check_page.facts import NONE_ASKED, case_facts, cohort_facts, followed_words
from medmtl.report.check_page.wording import TITLES, title_of, verdict
from medmtl.report.wording import count
from medmtl.whole_file import whole_file

_ORDER = (Level.FAULT, Level.WARNING, Level.NOTE)
_SHOWN = 12  # findings of one rule that are shown at once; the others are behind a press


def write_check_page(cohort: CheckedCohort, path: Path) -> Path:
    """Write the page and return its path; the same cohort gives the same bytes."""
    environment = Environment(
        loader=PackageLoader("medmtl.report.check_page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.jinja").render(_content(cohort))
    with whole_file(path) as partial:
        partial.write_text(page, "utf-8")
    return path


def _content(cohort: CheckedCohort) -> Mapping[str, Any]:
    anchors = {id(case): f"case-{position}" for position, case in enumerate(cohort.cases)}
    return {
        "title": cohort.manifest.resolve().parent.name,
        "version": __version__,
        "style": _asset("medmtl.report", "page.css") + _asset("medmtl.report.check_page", "check.css"),
        "script": _asset("medmtl.report.check_page", "check.js"),
        "verdict": verdict(cohort),
        "stops": bool(cohort.of_level(Level.FAULT)),
        "headlines": _headlines(cohort),
        "groups": {level.value: _groups(cohort, level, anchors) for level in _ORDER},
        "facts_of_cohort": cohort_facts(cohort),
        "missing": _missing(cohort),
        "centres": cohort.centres,
        "cards": [_card(cohort, case, anchors[id(case)]) for case in cohort.cases],
        "shown": _SHOWN,
    }


def _headlines(cohort: CheckedCohort) -> list[tuple[str, str, str, str]]:
    """Return name, value, words and kind of the numbers at the top."""
    return [
        _counted(cohort, Level.FAULT, "these stop a run", "a run can begin"),
        _counted(cohort, Level.WARNING, "look at these", "nothing to look at"),
        ("Cases", str(len(cohort.cases)), count(len(cohort.centres), "centre"), ""),
        *_to_learn_from(cohort),
    ]


def _to_learn_from(cohort: CheckedCohort) -> list[tuple[str, str, str, str]]:
    """Return events and follow-up; without an endpoint the masks."""
    if cohort.endpoint is None:
        return [("Masks", str(sum(case.files.mask is not None for case in cohort.cases)), NONE_ASKED, "")]
    known = cohort.endpoints
    words = followed_words(known)
    return [
        ("Events", str(sum(one.event for one in known)), f"{cohort.endpoint}, known in {len(known)}", ""),
        ("Follow-up", words, "median, reverse Kaplan-Meier", "words" if words.startswith("not ") else ""),
    ]


def _counted(cohort: CheckedCohort, level: Level, some: str, none: str) -> tuple[str, str, str, str]:
    found = cohort.of_level(level)
    words = f"{count(len(grouped(found)), 'kind')}; {some}" if found else none
    return f"{level.value.capitalize()}s", str(len(found)), words, level.value if found else "fine"


def _groups(cohort: CheckedCohort, level: Level, anchors: Mapping[int, str]) -> list[Mapping[str, Any]]:
    by_line = {case.files.line: anchors[id(case)] for case in cohort.cases}
    return [
        {
            "title": TITLES.get(code, code),
            "code": code,
            "rows": [_row(one, cohort, by_line.get(one.line)) for one in findings],
        }
        for code, findings in grouped(cohort.of_level(level)).items()
    ]


def _row(finding: Finding, cohort: CheckedCohort, anchor: str | None) -> Mapping[str, Any]:
    who = finding.case_id or (f"line {finding.line}" if finding.line is not None else "")
    return {
        "who": who,
        "anchor": anchor if who else None,
        "where": _where(finding, cohort),
        "words": _words(finding, cohort),
    }


def _where(finding: Finding, cohort: CheckedCohort) -> str:
    return _shorter(", ".join(filter(None, [finding.column, finding.file])), cohort)


def _words(finding: Finding, cohort: CheckedCohort) -> str:
    return _shorter(finding.message[:1].upper() + finding.message[1:], cohort)


def _shorter(words: str, cohort: CheckedCohort) -> str:
    """Return the words with paths from the manifest's folder on."""
    folder = cohort.manifest.parent
    for long in (str(folder), str(folder.resolve())):
        words = words.replace(f"{long}/", "")
    return words


def _missing(cohort: CheckedCohort) -> Mapping[str, Any]:
    rows = []
    for centre, cells in zip(cohort.missing.index, cohort.missing.to_numpy().tolist(), strict=True):
        n, *lacking = cells
        rows.append((str(centre), n, [(lost, _share(lost, n)) for lost in lacking]))
    return {"columns": [str(name) for name in cohort.missing.columns], "rows": rows}


def _share(lost: int, n: int) -> str:
    return f"{lost / n:.0%}" if n and lost else ""


def _card(cohort: CheckedCohort, case: CheckedCase, anchor: str) -> Mapping[str, Any]:
    found = sorted(cohort.of_case(case), key=lambda finding: _ORDER.index(finding.level))
    levels = {finding.level for finding in found}
    return {
        "anchor": anchor,
        "name": case.files.name,
        "centre": case.files.centre or "(none)",
        "level": next((level.value for level in _ORDER[:2] if level in levels), "fine"),
        "warned": Level.WARNING in levels,
        "pictures": {name: b64encode(case.pictures[name]).decode() for name in case.pictures},
        "facts": case_facts(case, cohort.endpoint),
        "findings": _briefly([finding for finding in found if finding.level is not Level.NOTE], cohort),
    }


def _briefly(findings: Sequence[Finding], cohort: CheckedCohort) -> list[tuple[str, str, str]]:
    """Return level, title and words of each."""
    return [(one.level.value, title_of(one), _words(one, cohort)) for one in findings]


def _asset(package: str, name: str) -> Markup:
    return Markup(files(package).joinpath(name).read_text("utf-8"))
