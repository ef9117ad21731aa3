"""What takes the centre out of features: a recipe fitted on training cases, and the fitted thing, which alone can act.

A member (ComBat, say) is one file with both classes; `risk.harmoniser` names the recipe, and every fit of a risk model
fits it anew on its own training rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class FittedHarmoniser(ABC):
    """The constants of each centre, known."""

    @abstractmethod
    def transform(self, values: Floats, centres: Sequence[str]) -> Floats:
        """Return features [n, p] without what their centre adds; NaN stays. A centre unseen in training must do."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the constants as plain JSON values."""

    @classmethod
    @abstractmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "FittedHarmoniser":
        """Return the harmoniser whose `to_dict` this is."""


class Harmoniser(ABC):
    """A way to learn what each centre adds."""

    @abstractmethod
    def fit(self, values: Floats, centres: Sequence[str]) -> FittedHarmoniser:
        """Learn from the training cases' features [n, p] (NaN where unknown) and the centre of each."""
