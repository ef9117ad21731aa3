"""Lays out what a checked cohort holds: its numbers, the ranges of its voxels, what is missing by centre."""

from collections.abc import Iterable, Sequence

import numpy as np

from medmtl.evaluation.survival_curves import median_follow_up
from medmtl.records import Endpoint, Grid
from medmtl.report.check_page.contents import CheckedCase, CheckedCohort
from medmtl.report.wording import UNKNOWN, count, follow_up, number

NONE_ASKED = "no endpoint asked for"
_TIMES = " \N{MULTIPLICATION SIGN} "


def cohort_facts(cohort: CheckedCohort) -> list[tuple[str, str]]:
    """Return what the cohort holds, as pairs of name and words."""
    masks = sum(case.files.mask is not None for case in cohort.cases)
    facts = [
        ("Cases", f"{len(cohort.cases)} of {count(len(cohort.centres), 'centre')}"),
        *_followed(cohort),
        ("Reference masks", f"{masks} of {len(cohort.cases)}"),
        ("Tumour volume", _span([case.facts.volume_ml for case in cohort.cases], "mL")),
        ("SUVmax in the mask", _span([case.facts.suv_max for case in cohort.cases if case.facts.volume_ml], "g/mL")),
    ]
    for role in ("ct", "pet"):
        grids = [case.facts.grids[role] for case in cohort.cases if role in case.facts.grids]
        facts += _grids(role.upper(), grids)
    return facts


def _followed(cohort: CheckedCohort) -> list[tuple[str, str]]:
    known = cohort.endpoints
    if cohort.endpoint is None:
        return [("Endpoint", NONE_ASKED)]
    events = count(sum(one.event for one in known), "event")
    return [
        (f"Endpoint {cohort.endpoint}", f"known in {len(known)}, {events}"),
        ("Median follow-up", followed_words(known)),
    ]


def followed_days(known: Iterable[Endpoint]) -> float | None:
    """Return the median follow-up [days] by reverse Kaplan-Meier; None where it is not reached, or nothing is known."""
    pairs = [(one.time_days, one.event) for one in known]
    if not pairs:
        return None
    return median_follow_up(np.array([time for time, _ in pairs]), np.array([event for _, event in pairs]))


def followed_words(known: Sequence[Endpoint]) -> str:
    """Return the median follow-up in words, and why there is none."""
    days = followed_days(known)
    return follow_up(days) if days is not None else "not reached" if known else UNKNOWN


def case_facts(case: CheckedCase, endpoint: str | None) -> list[str]:
    """Return what stands beside a case's pictures; nothing of the endpoint where none is asked for."""
    facts, seen = case.facts, case.observed
    unknown = "endpoint not known" if endpoint else ""
    followed = f"{seen.time_days:g} d, {'event' if seen.event else 'censored'}" if seen else unknown
    suv = f"SUVmax {number(facts.suv_max, 1)}{'' if facts.volume_ml else ' (whole PET)'}" if facts.suv_max else ""
    volume = f"{facts.volume_ml:.1f} mL" if facts.volume_ml else "" if facts.volume_ml is None else "empty mask"
    sizes = [f"{role.upper()} {_mm(facts.grids[role])}" for role in ("pet", "ct") if role in facts.grids]
    first = ", ".join(filter(None, [followed, suv, volume or ("no mask" if case.files.mask is None else "")]))
    return [first, *sizes]


def _grids(name: str, grids: list[Grid]) -> list[tuple[str, str]]:
    if not grids:
        return []
    across = [grid.spacing[0] for grid in grids]
    along = [grid.spacing[2] for grid in grids]
    lengths = [grid.spacing[2] * grid.size[2] for grid in grids]
    spacing = f"{_range(across, 2)} mm across, {_range(along, 2)} mm along"
    return [(f"{name} voxels", spacing), (f"{name} length", f"{_range(lengths, 0)} mm")]


def _mm(grid: Grid) -> str:
    spacing = _TIMES.join(f"{step:.3g}" for step in grid.spacing)
    return f"{spacing} mm, {_TIMES.join(map(str, grid.size))}"


def _span(values: Iterable[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return UNKNOWN
    middle, low, high = (_brief(value) for value in (float(np.median(known)), min(known), max(known)))
    return f"median {middle} {unit} ({low} to {high})"


def _brief(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _range(values: list[float], digits: int) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"
