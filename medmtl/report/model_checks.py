"""Lays out what is asked of the models besides their scores: groups, proportional hazards, optimism, chance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medmtl.report.contents import Contents
from medmtl.report.wording import count, feature_name, in_order, is_known, model_name, number, span

_SMALL = 0.05  # the usual level of a test


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its title, its columns, and the words below it; without rows, the words say why."""

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    words: str


def sheets(contents: Contents) -> list[Sheet]:
    """Return the tables of the section, those that the run's results know of."""
    results = contents.results
    made = (_groups(results), _optimism(results), _hazards(results))
    return [sheet for sheet in made if sheet is not None]


def _groups(results: Mapping[str, Any]) -> Sheet | None:
    if "subgroups" not in results:
        return None
    rows = [row for name, each in results["subgroups"].items() for row in _group_rows(name, each)]
    words = "The fused model's pairs within each group, folds kept apart. Groups are looked at one by one, so one of "
    words += "twenty stands out by chance; a difference between groups is not tested."
    return Sheet("C-index within centres and groups", ("Group", "Cases", "Events", "C-index"), rows, words)


def _group_rows(name: str, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    for key, row in groups.items():
        known = is_known(row.get("estimate"))
        told = _told(row) if known else str(row.get("reason") or "not known").partition(". Found")[0]
        yield [f"{feature_name(name)}: {key}", str(row.get("n", "")), str(row.get("n_events", "")), told]


def _optimism(results: Mapping[str, Any]) -> Sheet | None:
    found = results.get("optimism")
    if not found:
        return None
    scores = results.get("concordance") or {}
    rows = [_optimism_row(name, found[name], scores.get(name) or {}) for name in in_order(found)]
    drawn = max(row.get("resamples") or 0 for row in found.values())
    words = f"On the cases of the fit, all pairs; corrected: less the mean optimism of {count(drawn, 'resample')}, "
    words += (
        "entry, scales and penalty learned anew in each. Networks are not trained again, so deep risks and masks stay. "
    )
    words += "The out-of-fold value is the one to quote."
    columns = ("Model", "On its own cases", "Optimism", "Corrected", "Out of fold")
    return Sheet("How much the C-index on the cases of the fit flatters", columns, rows, words)


def _optimism_row(name: str, row: Mapping[str, Any], score: Mapping[str, Any]) -> list[str]:
    values = [row.get("apparent"), row.get("optimism"), row.get("corrected"), score.get("estimate")]
    return [model_name(name), *(number(value, 3) for value in values)]


def _hazards(results: Mapping[str, Any]) -> Sheet | None:
    found = results.get("proportional_hazards")
    if not found:
        return None
    rows = [row for name in in_order(found) for row in _hazard_rows(name, found[name])]
    words = "Exact score test (Grambsch and Therneau), time by the Kaplan-Meier curve, columns fitted without a "
    words += "penalty. A small p speaks against a constant hazard ratio; a large one does not prove it, least of all "
    words += f"with few events. {_verdict(found)}"
    columns = ("Model", "Column", "\N{GREEK SMALL LETTER CHI}\N{SUPERSCRIPT TWO}", "df", "p")
    return Sheet("Do the hazard ratios stay the same over time?", columns, rows, words)


def _hazard_rows(name: str, found: Mapping[str, Any]) -> Iterator[list[str]]:
    head = f"{model_name(name)} ({count(found.get('n') or 0, 'case')}, {count(found.get('n_events') or 0, 'event')})"
    if not found.get("tests"):
        yield [head, f"not tested: {found.get('reason', 'not known')}", "", "", ""]
    for place, test in enumerate(found.get("tests") or []):
        column = "all together" if test["name"] == "GLOBAL" else feature_name(test["name"])
        shown = [number(test["chi_squared"]), str(test["degrees"]), p_value(test["p"])]
        yield [head if not place else "", column, *shown]


def _verdict(found: Mapping[str, Any]) -> str:
    whole = {
        name: test["p"] for name, row in found.items() for test in row.get("tests") or [] if test["name"] == "GLOBAL"
    }
    low = [model_name(name) for name in in_order(whole) if whole[name] < _SMALL]
    if not whole:
        return ""
    if low:
        return f"All columns together speak against it in: {', '.join(low)}."
    return f"No model's global p is below {_SMALL}."


def p_value(p: float) -> str:
    """Return a p-value as journals print it."""
    return "< 0.001" if p < 0.001 else number(p, 3)


def _told(row: Mapping[str, Any]) -> str:
    return f"{number(row['estimate'])} ({span(row.get('low'), row.get('high'))})"
