"""Turns clinical columns into numbers by rules that are fitted on training cases only."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.cohort.codes import LevelCode, NumberCode, fit_levels, fit_number
from medmtl.records import Case, ClinicalColumn, Scale


@dataclass(frozen=True, slots=True)
class ClinicalEncoder:
    """The fitted rules, one code per column in the order of the schema; made by `fit_clinical`."""

    codes: tuple[NumberCode | LevelCode, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the columns of `transform`."""
        return tuple(name for code in self.codes for name in code.names)

    def transform(self, cases: Sequence[Case]) -> NDArray[np.float64]:
        """Return the features [n, k]; they never hold a missing value, and k may be 0."""
        empty = np.zeros((len(cases), 0))
        return np.concatenate([empty, *(code.encode(cases) for code in self.codes)], axis=1)

    def unseen(self, case: Case) -> dict[str, str]:
        """Return by nominal column the level of this case that no training case had."""
        found = {code.column: code.unseen(case) for code in self.codes if isinstance(code, LevelCode)}
        return {column: level for column, level in found.items() if level is not None}

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as plain values for JSON."""
        return {"codes": [{"kind": type(code).__name__, **asdict(code)} for code in self.codes]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "ClinicalEncoder":
        """Return the encoder whose `to_dict` this is."""
        return cls(tuple(_restore(entry) for entry in document["codes"]))


def fit_clinical(cases: Sequence[Case], columns: Sequence[ClinicalColumn]) -> ClinicalEncoder:
    """Learn medians, scales and levels from these cases, which must be training cases only.

    A column without one known value, or with one value only, yields no feature but its flag of the missing.
    """
    known = [column for column in columns if any(case.clinical.get(column.name) is not None for case in cases)]
    return ClinicalEncoder(tuple(_fit(cases, column) for column in known))


def _fit(cases: Sequence[Case], column: ClinicalColumn) -> NumberCode | LevelCode:
    return fit_levels(cases, column) if column.scale is Scale.NOMINAL else fit_number(cases, column)


def _restore(entry: Mapping[str, Any]) -> NumberCode | LevelCode:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    kind = values.pop("kind")
    return NumberCode(**values) if kind == NumberCode.__name__ else LevelCode(**values)
