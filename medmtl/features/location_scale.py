"""Takes centres out of features by giving every centre the same mean and standard deviation, feature by feature."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.features.centre_effects import FittedEffects, UnseenCentre, moments, training_centres
from medmtl.features.combat import MIN_CASES
from medmtl.features.harmoniser import Harmoniser

Floats = NDArray[np.float64]


class LocationScale(Harmoniser):
    """Each centre's own mean and deviation, nothing borrowed from other features; arguments as those of ComBat."""

    def __init__(self, min_cases: int = MIN_CASES, unseen: UnseenCentre = UnseenCentre.IDENTITY) -> None:
        if min_cases < 2:
            raise MedmtlError(
                f"LocationScale: min_cases must be 2 or more, for a scale to be known. Found {min_cases}."
            )
        self._min_cases = min_cases
        self._unseen = UnseenCentre(unseen)

    def fit(self, values: Floats, centres: Sequence[str]) -> FittedEffects:
        """Learn every centre's mean and deviation of features [n, p] (NaN where unknown)."""
        found = training_centres(values, centres, self._min_cases)
        effects = {name: moments(one) for name, one in found.standard.items()}
        mean, deviation = tuple(found.mean.tolist()), tuple(found.deviation.tolist())
        return FittedEffects(mean, deviation, effects, found.members, self._unseen, self._min_cases)
