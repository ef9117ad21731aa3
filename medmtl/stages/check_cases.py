"""Looks at the images of every row in parallel; what comes back of a case is small, so that memory stays bounded."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from joblib import delayed

from medmtl.cohort.files import CaseFiles
from medmtl.experiment import Experiment
from medmtl.findings import Finding
from medmtl.imaging.inspection import inspect
from medmtl.imaging.rules.duplicates import duplicate_images
from medmtl.report.check_page.contents import CheckedCase
from medmtl.report.check_page.pictures import paint_case
from medmtl.stages.progress import progress
from medmtl.stages.workers import as_they_come, workers


def check_cases(files: tuple[CaseFiles, ...], experiment: Experiment) -> tuple[list[CheckedCase], list[Finding]]:
    """Return every row with its pictures, in order, and what was found in the images of each and between them."""
    labels, looked = experiment.prepare.labels, {}
    with progress("check", len(files)) as advance:
        work = (delayed(_look)(position, case, labels) for position, case in enumerate(files))
        for position, case, findings in as_they_come(work, workers(experiment.jobs, len(files))):
            looked[position] = case, findings
            advance(case.files.name)
    cases = [looked[position][0] for position in range(len(files))]
    found = [finding for position in range(len(files)) for finding in looked[position][1]]
    return cases, found + list(_between(cases))


def _look(position: int, files: CaseFiles, labels: Mapping[str, int]) -> tuple[int, CheckedCase, list[Finding]]:
    seen = inspect(files.images, labels)
    findings = [finding.of(files.case_id, files.line) for finding in seen.findings]
    return position, CheckedCase(files, seen.facts, paint_case(seen.images)), findings


def _between(cases: Iterable[CheckedCase]) -> Iterator[Finding]:
    """Yield what two cases share; a file that is named twice is the table's fault, and not told again."""
    known: set[Path] = set()
    ordered = list(cases)
    hashes = []
    for case in ordered:
        own = {role: path.resolve() for role, path in case.files.images.items()}
        new = {role: key for role, key in case.facts.hashes.items() if own[role] not in known}
        if not case.facts.volume_ml:
            new.pop("mask", None)
        known |= set(own.values())
        hashes.append((case.files.name, new))
    for position, finding in duplicate_images(hashes):
        files = ordered[position].files
        yield finding.of(files.case_id, files.line)
