"""Says what was found in few words: the verdict in one sentence, and a title for every rule."""

from medmtl.findings import Finding, Level
from medmtl.report.check_page.contents import CheckedCohort
from medmtl.report.wording import count

TITLES = {
    "column-missing": "Missing columns",
    "schema": "The schema cannot be used",
    "case-id-unsafe": "Ids that cannot name a file",
    "case-id-twice": "Ids that occur twice",
    "cell-empty": "Cells that must not be empty",
    "no-ct": "PET without CT",
    "file-missing": "Files that do not exist",
    "file-shared": "Files that are named twice",
    "not-a-number": "No number",
    "number-too-large": "Numbers too large",
    "unknown-level": "Unknown levels",
    "time": "Times that are no days",
    "time-too-long": "Times beyond a life",
    "event": "Events that are not 0 or 1",
    "pair-incomplete": "Time without event, or the reverse",
    "plan": "The planned network cannot be built",
    "folds": "The planned folds cannot be made",
    "image": "Images that cannot be read",
    "direction": "Axes that are not perpendicular",
    "spacing": "Impossible voxel sizes",
    "no-overlap": "PET and CT of different regions",
    "pet-hu": "PET that looks like CT",
    "pet-activity": "PET in activity, not SUV",
    "pet-faint": "PET without scale",
    "ct-shifted": "CT shifted by 1024",
    "same-image": "CT and PET are the same image",
    "duplicate-pet": "The same PET in two cases",
    "duplicate-ct": "The same CT in two cases",
    "mask-labels": "Unknown labels in masks",
    "mask-inverted": "Masks turned inside out",
    "mask-outside-ct": "Masks outside the CT",
    "mask-outside-pet": "Masks outside the PET",
    "mask-grid": "Masks beside the CT's voxels",
    "nothing-known": "Neither mask nor endpoint",
    "centre-single": "Centres of one case",
    "column-empty": "Columns without a value",
    "column-constant": "Columns of one value",
    "missing-in-centre": "Missing in whole centres",
    "level-once": "Levels seen once",
    "time-zero": "Times of 0 days",
    "time-unit": "Times that may not be days",
    "time-constant": "One time for all",
    "no-events": "No events",
    "no-censoring": "No censored case",
    "events-at-one-time": "Events at one time",
    "events-per-fold": "Events per fold",
    "spacing-unusual": "Unusual voxel sizes",
    "overlap-small": "PET and CT overlap little",
    "axes-differ": "PET and CT are not parallel",
    "pet-negative": "Negative SUV",
    "pet-background": "Unusual SUV of the body",
    "ct-range": "Unusual range of HU",
    "ct-long": "Long CT",
    "mask-other-grid": "Masks on another grid",
    "mask-cut-ct": "Masks cut off by the CT",
    "mask-cut-pet": "Masks cut off by the PET",
    "mask-empty": "Empty masks",
    "mask-tiny": "Tiny masks",
    "mask-cold": "Masks without uptake",
    "mask-parts": "Masks in many parts",
    "mask-specks": "Specks in masks",
    "duplicate-mask": "The same mask in two cases",
    "endpoint-chosen": "Endpoint looked at",
    "no-endpoint": "No endpoint",
}


def title_of(finding: Finding) -> str:
    """Return the title of the finding's rule."""
    return TITLES.get(finding.code, finding.code)


def verdict(cohort: CheckedCohort) -> str:
    """Return whether a run would stop, and why, in one sentence."""
    stops = cohort.of_level(Level.FAULT)
    looks = cohort.of_level(Level.WARNING)
    warned = f"{count(len(looks), 'warning')}{_in_cases(looks)}" if looks else "no warnings"
    if stops:
        verb = "stops" if len(stops) == 1 else "stop"
        return f"{count(len(stops), 'fault')}{_in_cases(stops)} {verb} a run; {warned}."
    return f"No fault found: a run can begin; {warned}."


def _in_cases(findings: list[Finding]) -> str:
    cases = {finding.case_id or finding.line for finding in findings} - {"", None}
    return f" in {count(len(cases), 'case')}" if cases else ""
