"""Sentences on how far the numbers carry: sample size, chance, the division, and columns that repeat the outcome."""

from collections.abc import Mapping
from typing import Any

from medmtl.report.model_checks import p_value
from medmtl.report.wording import count, feature_name, is_known, model_name, number, span

_TOO_GOOD = 0.85  # no model of imaging and clinical values is known to hold more outside its own cohort


def caveats(results: Mapping[str, Any]) -> list[str]:
    """Return the sentences that apply, the gravest first."""
    found = [
        *_copies(results), _too_good(results), _size(results), _permutation(results), _repeats(results), _gain(results)
    ]  # fmt: skip
    return [sentence for sentence in found if sentence]


def _copies(results: Mapping[str, Any]) -> list[str]:
    told = (results.get("outcome_copies") or {}).items()
    doubt = "Unless it was known before the outcome, every score that uses it is void."
    return [f"Leak? Of the column {feature_name(name)}: {reason}. {doubt}" for name, reason in told]


def _too_good(results: Mapping[str, Any]) -> str:
    if is_known(results.get("ceiling")):
        return ""
    scores = (results.get("concordance") or {}).items()
    high = [model_name(name) for name, row in scores if is_known(row.get("estimate")) and row["estimate"] > _TOO_GOOD]
    if not high:
        return ""
    told = f"A C-index above {_TOO_GOOD} ({', '.join(high)}) is in this field more often a leak than a finding"
    return f"{told}: look for columns that were known only after the outcome."


def _size(results: Mapping[str, Any]) -> str:
    size = results.get("sample_size") or {}
    needed = size.get("needed_at_r2") or {}
    if not needed:
        return ""
    each = [f"{cases} cases at an R² of {r2}" for r2, cases in needed.items()]
    per = size["events"] / size["parameters"]
    told = f"{count(size['parameters'], 'column')} on {count(size['n'], 'case')} and {count(size['events'], 'event')}"
    return f"{told} are {number(per, 1)} events per column; Riley's minimum is {' and '.join(each)} (Nagelkerke)."


def _permutation(results: Mapping[str, Any]) -> str:
    null = results.get("permutation") or {}
    if not (is_known(null.get("observed")) and null.get("n")):
        return ""
    reached = f"{model_name(null['model'])} reaches {number(null['mean'])} on average"
    true = f"with the true ones {number(null['observed'])} (p {p_value(null['p'])}, one-sided"
    return f"With outcomes dealt at random {null['n']} times, {reached}, {true}; networks not trained again)."


def _repeats(results: Mapping[str, Any]) -> str:
    row = (results.get("repeats") or {}).get("fused") or {}
    if not row.get("n"):
        return ""
    told = (
        f"Over {count(row['n'], 'other division')} of the cases the fused C-index is {number(row['mean'])} on average"
    )
    return f"{told}, from {number(row['lowest'])} to {number(row['highest'])}: so much is the luck of the division."


def _gain(results: Mapping[str, Any]) -> str:
    row = results.get("restricted_mean") or {}
    if not (is_known(row.get("estimate")) and is_known(row.get("low"))):
        return ""
    longer = f"stay free of the event {number(row['estimate'], 0)} days longer than high-risk cases"
    told = f"Up to day {row['tau_days']:.0f}, low-risk cases {longer} ({span(row['low'], row['high'], 0)})."
    return told if row["low"] > 0 or row["high"] < 0 else f"{told} The interval contains 0: no difference is shown."
