"""What is odd about an endpoint's times and events: the unit of time, no spread, too few events to learn from."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from medmtl.cohort.rules import numbers
from medmtl.findings import Finding, note, warning
from medmtl.records import Cohort, Fold

_YEARS, _MONTHS = 30.0, 240.0  # follow-up of a cohort rarely ends within 30 days, and 20 years are 240 months
_FEWEST = 5  # cases from which on a pattern in the times is no accident
_EVENTS_PER_FOLD = 5  # fewer in a test part: its C-index hangs on single patients


def endpoint_findings(table: pd.DataFrame, name: str) -> list[Finding]:
    """Return the warnings about one endpoint of a table of cells; faults of single cells are the rules' part."""
    if not {f"{name}_days", f"{name}_event"} <= set(table.columns):
        return []
    pairs = pd.DataFrame({"days": numbers(table[f"{name}_days"]), "event": numbers(table[f"{name}_event"])})
    known = pairs[(pairs["days"] >= 0) & pairs["event"].isin([0, 1])]
    return [*_nothing(known, name), *_zero(known, table, name), *_unit(known, name), *_spread(known, name)]


def fold_findings(cohort: Cohort, folds: Sequence[Fold], endpoint: str | None) -> list[Finding]:
    """Return a warning where a test part has few events, else a note of how many each has; nothing to count without."""
    if endpoint is None:
        return []
    observed = {c.case_id for c in cohort.cases if (seen := c.observed(endpoint)) and seen.event}
    events = [len(observed & set(fold.test)) for fold in folds]
    told = f"{', '.join(map(str, events))} events of {endpoint} in the test parts of {len(folds)} folds"
    if min(events) < _EVENTS_PER_FOLD:
        rule = f"a test part should hold {_EVENTS_PER_FOLD} events or more, else its C-index hangs on single patients"
        return [warning("events-per-fold", f"{rule}. Found {told}; use fewer folds, and read pooled scores only.")]
    return [note("events-per-fold", f"{told[:1].upper()}{told[1:]}.")]


def _nothing(known: pd.DataFrame, name: str) -> list[Finding]:
    if len(known) and not known["event"].any():
        message = "without events no risk can be learned. Found none; check that 1 means observed."
        return [warning("no-events", message, column=f"{name}_event")]
    if len(known) >= _FEWEST and known["event"].all():
        message = f"some cases should be censored. All {len(known)} have events; is 1 an event, and 0 censored?"
        return [warning("no-censoring", message, column=f"{name}_event")]
    return []


def _zero(known: pd.DataFrame, table: pd.DataFrame, name: str) -> list[Finding]:
    rows = known.index[known["days"] == 0]
    message = "a time of 0 days says nothing of survival. Is the date of origin the right one, or the time unknown?"
    found = warning("time-zero", message, column=f"{name}_days")
    ids = table["case_id"] if "case_id" in table else pd.Series(index=table.index, dtype=object)
    return [found.of(ids[row] or "", int(row) + 2) for row in rows]


def _unit(known: pd.DataFrame, name: str) -> list[Finding]:
    longest = float(known["days"].max()) if len(known) >= _FEWEST else 0.0
    unit = "years" if 0 < longest <= _YEARS else "months" if 0 < longest <= _MONTHS else ""
    if not unit:
        return []
    message = f"times must be in days. The longest is {longest:g}, which looks like {unit}; convert the column."
    return [warning("time-unit", message, column=f"{name}_days")]


def _spread(known: pd.DataFrame, name: str) -> list[Finding]:
    if len(known) < _FEWEST:
        return []
    if len(known["days"].unique()) == 1:
        message = f"times should differ. Found {known['days'].iloc[0]:g} in all {len(known)} cases."
        return [warning("time-constant", message, column=f"{name}_days")]
    times = Counter(known["days"][known["event"] == 1])
    day, count = times.most_common(1)[0] if times else (0.0, 0)
    if count >= _FEWEST and count > len(known[known["event"] == 1]) / 2:
        message = f"events should be spread in time. Found {count} of {times.total()} at day {day:g}; is it a default?"
        return [warning("events-at-one-time", message, column=f"{name}_days")]
    return []
