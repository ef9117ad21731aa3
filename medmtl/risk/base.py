"""What a risk model is: a recipe that is fitted on rows, and the fitted thing, which alone can predict."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.rows import RiskRows

Floats = NDArray[np.float64]


class FittedRisk(ABC):
    """A model that has been fitted."""

    @abstractmethod
    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean of the training cases."""

    @abstractmethod
    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the longest follow-up in training."""


class RiskModel(ABC):
    """A model that can be fitted; it holds choices only, nothing learned."""

    @abstractmethod
    def fit(self, rows: RiskRows) -> FittedRisk:
        """Learn everything, selection and scaling included, from these rows, which must be training rows only.

        Rows without an endpoint are left out. Raises MedmtlError where no event is among them.
        """
