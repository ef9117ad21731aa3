"""How one clinical column becomes features: a number on a scale, or one feature per level."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import CaseError
from medmtl.records import Case, ClinicalColumn

LARGEST = 1e15  # no measurement has a larger number, whatever its unit, and squares of it still have all their digits
RARE = 5  # a level seen less often in training is pooled: too few cases to estimate an effect
MISSING = "_missing"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class NumberCode:
    """A numeric or ordinal column (as the rank of its level): missing becomes the median, then (x - mean) / sd."""

    column: str
    levels: tuple[str, ...]
    median: float
    mean: float
    sd: float
    varies: bool
    flags_missing: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The features of this column."""
        return _kept(self.column, self.varies) + _kept(self.column + MISSING, self.flags_missing)

    def encode(self, cases: Sequence[Case]) -> NDArray[np.float64]:
        """Return the features [n, len(names)]."""
        raw = _numbers(cases, self.column, self.levels)
        missing = np.isnan(raw)
        scaled = (np.where(missing, self.median, raw) - self.mean) / self.sd
        return np.stack([scaled, missing], axis=1)[:, np.array([self.varies, self.flags_missing])]


@dataclass(frozen=True, slots=True)
class LevelCode:
    """A nominal column: one feature per level but the most frequent; `pooled` levels share the feature `other`.

    A level unseen in training, and a missing one, is zero everywhere (but for the flag of the missing), as the most
    frequent, the `reference`, is. Codes that were kept before the reference was do not have it.
    """

    column: str
    levels: tuple[str, ...]
    pooled: tuple[str, ...]
    flags_missing: bool
    reference: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The features of this column."""
        levels = tuple(f"{self.column}_{level}" for level in self.levels)
        return levels + _kept(self.column + MISSING, self.flags_missing)

    def encode(self, cases: Sequence[Case]) -> NDArray[np.float64]:
        """Return the features [n, len(names)]."""
        values = [case.clinical.get(self.column) for case in cases]
        seen = [OTHER if value in self.pooled else value for value in values]
        parts = [[value == level for value in seen] for level in self.levels]
        parts += [[value is None for value in values]] if self.flags_missing else []
        return np.array(parts, dtype=np.float64).reshape(len(parts), len(cases)).T

    def unseen(self, case: Case) -> str | None:
        """Return the case's level where training had none like it, and so takes it for the reference; else None.

        None too where the column has no feature for its levels, or the reference is not known.
        """
        value = case.clinical.get(self.column)
        if value is None or self.reference is None or not self.levels:
            return None
        return None if value in (*self.levels, *self.pooled, self.reference) else str(value)


def fit_number(cases: Sequence[Case], column: ClinicalColumn) -> NumberCode:
    """Learn median, mean and sd (population; 1 where nothing varies) of a column with at least one known value."""
    raw = _numbers(cases, column.name, column.levels)
    missing = np.isnan(raw)
    median = float(np.median(raw[~missing]))
    filled = np.where(missing, median, raw)
    varies = bool(np.ptp(filled) > 0)
    sd = float(filled.std()) if varies else 1.0
    return NumberCode(column.name, column.levels, median, float(filled.mean()), sd, varies, bool(missing.any()))


def fit_levels(cases: Sequence[Case], column: ClinicalColumn) -> LevelCode:
    """Learn which levels are frequent enough; of equally frequent ones the first by name is the reference."""
    values = [case.clinical.get(column.name) for case in cases]
    counts = Counter(str(value) for value in values if value is not None)
    pooled = tuple(sorted(level for level, count in counts.items() if count < RARE))
    common = Counter({level: count for level, count in counts.items() if count >= RARE})
    common[OTHER] += sum(counts[level] for level in pooled)
    ranked = sorted((level for level in common if common[level]), key=lambda level: (-common[level], level))
    return LevelCode(column.name, tuple(sorted(ranked[1:])), pooled, None in values, ranked[0])


def _numbers(cases: Sequence[Case], column: str, levels: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([_number(case, column, levels) for case in cases], dtype=np.float64)


def _number(case: Case, column: str, levels: tuple[str, ...]) -> float:
    """Return the value, or the rank of its level (the lowest is 0), or NaN where missing."""
    value = case.clinical.get(column)
    if value is None:
        return float("nan")
    if levels and value not in levels:
        raise CaseError(case.case_id, f"{column} must be one of {', '.join(levels)}. Found {value!r}.")
    found = float(levels.index(str(value)) if levels else value)
    if abs(found) > LARGEST:
        raise CaseError(case.case_id, f"{column} must be at most {LARGEST:g} in size. Found {value!r}; correct it.")
    return found


def _kept(name: str, keep: bool) -> tuple[str, ...]:
    return (name,) if keep else ()
