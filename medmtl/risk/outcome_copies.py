"""Finds clinical columns that repeat the outcome: known after it, or written from it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from medmtl.records import ClinicalColumn, Scale
from medmtl.risk.rows import RiskRows

MIN_OF_EACH = 5  # cases with the event, and without: fewer are told apart by chance in one of some hundred columns
MIN_PER_LEVEL = 4  # cases per level on average: a column of names tells everything apart and means nothing
SAME_ORDER = 0.99  # absolute Spearman correlation with time
TELLS_EVENT = "it tells every case with the event from every case without"
TELLS_TIME = "it orders the cases as their times do"


def outcome_copies(rows: RiskRows) -> dict[str, str]:
    """Return the clinical columns that give the outcome away, each with the reason; columns are looked at one by one.

    A column that tells most events, not all, passes: this finds copies, not every leak.
    """
    known = rows.take(rows.known)
    found = {column.name: _told(known, column) for column in known.columns}
    return {name: reason for name, reason in found.items() if reason}


def _told(rows: RiskRows, column: ClinicalColumn) -> str:
    given = [case.clinical.get(column.name) for case in rows.cases]
    seen = np.array([value is not None for value in given], dtype=bool)
    event, time_days = rows.event[seen], rows.time_days[seen]
    values = [value for value in given if value is not None]
    enough = min(int(event.sum()), int((~event).sum())) >= MIN_OF_EACH
    if column.scale is not Scale.NUMERIC:
        return TELLS_EVENT if enough and _levels_tell(values, event) else ""
    numbers = np.array(values, dtype=float)
    if enough and (numbers[event].min() > numbers[~event].max() or numbers[event].max() < numbers[~event].min()):
        return TELLS_EVENT
    return TELLS_TIME if _orders(numbers, time_days) else ""


def _levels_tell(values: Sequence[float | str], event: NDArray[np.bool_]) -> bool:
    levels, place = np.unique([str(value) for value in values], return_inverse=True)
    share = np.bincount(place, event) / np.bincount(place)
    return len(values) >= MIN_PER_LEVEL * len(levels) and bool(np.isin(share, (0.0, 1.0)).all())


def _orders(numbers: NDArray[np.float64], time_days: NDArray[np.float64]) -> bool:
    if len(numbers) < 2 * MIN_OF_EACH or np.ptp(numbers) == 0 or np.ptp(time_days) == 0:
        return False
    return abs(float(spearmanr(numbers, time_days).statistic)) >= SAME_ORDER
