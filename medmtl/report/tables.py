"""Lays out the tables of the page: every case, and what the cohort holds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any

import pandas as pd

from medmtl.records import Case, Cohort
from medmtl.report.contents import Contents
from medmtl.report.wording import count, follow_up, is_known, number


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, and the number it is sorted by; None sorts last, words sort by themselves."""

    words: str
    value: float | None = None
    kind: str = ""


CASE_COLUMNS = (
    ("Case", ""),
    ("Centre", ""),
    ("Fold", "number"),
    ("Volume [mL]", "number"),
    ("Dice", "number"),
    ("Risk", "number"),
    ("Group", ""),
    ("Observed", ""),
    ("Days", "number"),
    ("Status", ""),
)
_OF_OUTCOMES = {"Risk", "Group", "Observed", "Days"}


def case_columns(contents: Contents) -> list[tuple[str, str]]:
    """Return name and kind of each column; without an endpoint those of risks and outcomes are left out."""
    return [column for column in CASE_COLUMNS if contents.endpoint or column[0] not in _OF_OUTCOMES]


def case_rows(contents: Contents, cohort: Cohort) -> list[list[Cell]]:
    """Return one row per case of the cohort, in its order, with the columns of `case_columns`."""
    tables = {
        "cases": _by_case(contents.cases),
        "features": _by_case(contents.features),
        "risks": _by_case(contents.risks[contents.risks["model"] == "fused"]),
    }
    shown = [column in case_columns(contents) for column in CASE_COLUMNS]
    return [list(compress(_case_row(case, contents, tables), shown)) for case in cohort.cases]


def _case_row(case: Case, contents: Contents, tables: Mapping[str, dict[str, dict[str, Any]]]) -> list[Cell]:
    found, feature, risk = (tables[name].get(case.case_id, {}) for name in ("cases", "features", "risks"))
    endpoint = case.observed(contents.results.get("endpoint"))
    group, status = _word(risk.get("group")), _word(feature.get("status"))
    observed = {None: "", True: "event", False: "censored"}[endpoint.event if endpoint else None]
    return [
        Cell(case.case_id),
        Cell(case.centre),
        _number(_as_number(found.get("fold")), 0),
        _number(found.get("volume_ml"), 1),
        _number((contents.results.get("dice_cases") or {}).get(case.case_id), 2),
        _number(risk.get("risk"), 2),
        Cell(group, kind=group),
        Cell(observed, kind=observed),
        _number(endpoint.time_days if endpoint else None, 0),
        Cell(status, kind="" if status == "ok" else "warn"),
    ]


def cohort_facts(contents: Contents, cohort: Cohort) -> list[tuple[str, str]]:
    """Return what the cohort holds and lacks, as pairs of name and words."""
    masks = sum(case.mask is not None for case in cohort.cases)
    return [
        ("Cases", str(len(cohort.cases))),
        *(_outcomes(contents, cohort) if contents.endpoint else []),
        ("Reference masks", f"{masks} of {len(cohort.cases)}"),
        *_centres(cohort, contents.results.get("endpoint")),
        *_clinical(cohort),
    ]


def _outcomes(contents: Contents, cohort: Cohort) -> list[tuple[str, str]]:
    known = [seen for case in cohort.cases if (seen := case.observed(contents.results.get("endpoint")))]
    return [
        (f"Endpoint {contents.endpoint}", f"{count(sum(e.event for e in known), 'event')}, {len(known)} followed"),
        ("Median follow-up", follow_up(contents.results.get("median_follow_up_days"))),
    ]


def failure_rows(contents: Contents) -> list[tuple[str, str, str]]:
    """Return case, stage and reason of every case that a stage could not handle."""
    table = contents.failures
    return [(str(a), str(b), str(c)) for a, b, c in zip(table["case_id"], table["stage"], table["reason"], strict=True)]


def _centres(cohort: Cohort, endpoint: str | None) -> list[tuple[str, str]]:
    rows = []
    for centre, n in sorted(Counter(case.centre for case in cohort.cases).items()):
        known = [case.observed(endpoint) for case in cohort.cases if case.centre == centre]
        events = sum(observed is not None and observed.event for observed in known)
        told = f", {count(events, 'event')}" if endpoint else ""
        rows.append((f"Centre {centre}", f"{count(n, 'case')}{told}"))
    return rows


def _clinical(cohort: Cohort) -> list[tuple[str, str]]:
    rows = []
    for column in cohort.columns:
        values = [case.clinical.get(column.name) for case in cohort.cases]
        known = [value for value in values if value is not None]
        rows.append((column.name, f"{_spread(known)}; {len(values) - len(known)} missing"))
    return rows


def _spread(values: list[float | str]) -> str:
    numbers = pd.Series([value for value in values if is_known(value)], dtype=float)
    if len(numbers):
        low, middle, high = numbers.quantile([0.25, 0.5, 0.75])
        return f"median {middle:g} (quartiles {low:g} to {high:g})"
    return ", ".join(f"{level}: {n}" for level, n in sorted(Counter(map(str, values)).items())) or "no value"


def _by_case(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["case_id"]): {str(name): value for name, value in row.items()} for row in table.to_dict("records")}


def _number(value: Any, digits: int) -> Cell:
    return Cell(number(value, digits), float(value), "number") if is_known(value) else Cell("", kind="number")


def _as_number(value: Any) -> Any:
    return int(value) if str(value).isdigit() else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
