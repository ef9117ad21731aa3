"""Looks through a cohort before a run, and tells every fault at once: as text, as a page, and for programs."""

from dataclasses import replace
from pathlib import Path

from medmtl.cohort.completeness import missing_by_centre
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.findings import Level
from medmtl.report.check_page.contents import CheckedCohort
from medmtl.report.check_page.page import write_check_page
from medmtl.stages.check_cases import check_cases
from medmtl.stages.check_table import check_table
from medmtl.stages.check_text import summary, write_findings

FOLDER = "check"  # beside the manifest; ours, so that a later check may overwrite it
PAGE = "check.html"


def check_cohort(manifest: Path, experiment: Experiment, out: Path | None = None, planned: bool = True) -> str:
    """Write `check.html`, `check.json` and `findings.csv` into `out`; return the same as text.

    `out` is by default the folder `check` beside the manifest. Without a plan the first endpoint of the table is looked
    at where it lacks the default. Raises one MedmtlError with the whole text where a fault would stop a run (the files
    are written), and at once where the manifest is no table.
    """
    folder = out or manifest.parent / FOLDER
    if folder.is_file():
        raise MedmtlError(f"{folder}: what is written must go into a folder. Found a file; choose another --out.")
    cohort = look_through(manifest, experiment, planned)
    page = write_check_page(cohort, folder / PAGE)
    write_findings(cohort, folder)
    text = summary(cohort, page)
    if cohort.of_level(Level.FAULT):
        raise MedmtlError(text)
    return text


def look_through(manifest: Path, experiment: Experiment, planned: bool = True) -> CheckedCohort:
    """Return everything that was found in table, images and plan, with a picture of every case."""
    table = check_table(manifest, experiment, planned)
    cases, of_images = check_cases(table.files, experiment)
    return CheckedCohort(
        manifest=manifest,
        endpoint=table.endpoint,
        cases=tuple(replace(case, observed=seen) for case, seen in zip(cases, table.observed, strict=True)),
        findings=(*table.findings, *of_images),
        missing=missing_by_centre(table.cells, table.columns, table.endpoints),
    )
