"""What a risk model is: a recipe that is fitted on rows, and the fitted thing, which alone can predict."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.records import Case, ClinicalColumn
from medmtl.risk.blocks import FittedBlock
from medmtl.risk.rows import RiskRows
from medmtl.risk.settings import BlockName

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one column does: log hazard ratio per standard deviation, larger is worse; `error` None where unknown."""

    name: str
    coefficient: float
    error: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What moves the risk of each case away from that of the mean training case, column by column.

    `values` [n, p] are log hazards that add up to the risk less `rest` [n]; `errors` [n, p] are their standard errors
    and `total_error` [n] that of the risk, NaN where not known. `raw` [n, p] are the columns as measured (NaN where
    missing) and `typical` [p] their training means.
    """

    names: tuple[str, ...]
    values: Floats
    errors: Floats
    total_error: Floats
    rest: Floats
    raw: Floats
    typical: Floats


class FittedRisk(ABC):
    """A model that has been fitted on `n` cases with `n_events` events.

    `cut` is the median risk of its training cases; `dropped` says of blocks and columns why they stayed out.
    """

    cut: float
    n: int
    n_events: int
    dropped: Mapping[str, str]

    @abstractmethod
    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean of the training cases."""

    @abstractmethod
    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the longest follow-up in training."""

    @abstractmethod
    def effects(self) -> tuple[Effect, ...]:
        """Return what each column does; a column that does nothing is left out."""

    @abstractmethod
    def contributions(self, rows: RiskRows) -> Contributions:
        """Return what moves the risk of these rows."""

    @abstractmethod
    def sources(self) -> tuple[FittedBlock, ...]:
        """Return the blocks that the model's columns come from."""

    def needs(self) -> tuple[str, ...]:
        """Return what must be known of a cohort to predict it: features, clinical columns, `deep_log_hazard`."""
        return tuple(name for block in self.sources() for name in block.needs())

    def clinical_columns(self) -> tuple[ClinicalColumn, ...]:
        """Return the clinical columns among these, as the model knows them from its training."""
        return tuple(column for block in self.sources() for column in block.clinical_columns())

    def unseen(self, case: Case) -> dict[str, str]:
        """Return by clinical column the level of this case that no training case had: it counts as the usual one."""
        return {column: level for block in self.sources() for column, level in block.unseen(case).items()}

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain JSON values."""

    @classmethod
    @abstractmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "FittedRisk":
        """Return the model whose `to_dict` this is; it predicts the same to the last digit."""


class RiskModel(ABC):
    """A model that can be fitted; it holds choices only, nothing learned.

    A member is built from the run's `RiskSettings` and its own `init_args`, `blocks` among them: where its columns
    come from.
    """

    blocks: tuple[BlockName, ...]

    @abstractmethod
    def fit(self, rows: RiskRows) -> FittedRisk:
        """Learn everything, selection and scaling included, from these rows, which must be training rows only.

        Rows without an endpoint are left out. Raises MedmtlError where no event is among them.
        """
