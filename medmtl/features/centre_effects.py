"""What each centre adds to features, estimated on training cases, and taken away from any case of a known centre.

Source: Johnson WE, Li C, Rabinovic A, Adjusting batch effects in microarray expression data using empirical Bayes
methods, Biostatistics 8:118, 2007, equations 3.1 and 3.2, without covariates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.harmoniser import FittedHarmoniser

Floats = NDArray[np.float64]

POOL = ""  # the name of the centres that are too small each, taken together


class UnseenCentre(StrEnum):
    """What is done with cases of a centre that training did not see."""

    IDENTITY = "identity"  # their features stay as they are
    POOLED = "pooled"  # as the small centres taken together; as identity where there were none
    REFIT = "refit"  # shift and scale are estimated from those cases themselves, if they are enough; else as identity


@dataclass(frozen=True, slots=True)
class Effects:
    """Per feature what a centre adds, in standard deviations (`shift`), and by what it stretches them (`scale`)."""

    shift: tuple[float, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FittedEffects(FittedHarmoniser):
    """The constants: mean and deviation of each feature over all training cases, and the effects of every centre."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    effects: Mapping[str, Effects]
    members: tuple[str, ...]
    unseen: UnseenCentre
    min_cases: int

    def transform(self, values: Floats, centres: Sequence[str]) -> Floats:
        """Return features [n, p] without what their centre adds; NaN stays.

        A case's result depends on no other case, but for unseen centres under `refit`.
        """
        out = np.array(values, dtype=np.float64)
        for centre in dict.fromkeys(centres):
            rows = np.array([one == centre for one in centres], dtype=bool)
            effects = self._effects_of(centre, out[rows])
            if effects is not None:
                out[rows] = self._without(out[rows], effects)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return the constants as plain JSON values."""
        effects = {name: {"shift": list(one.shift), "scale": list(one.scale)} for name, one in self.effects.items()}
        constants = {"mean": list(self.mean), "deviation": list(self.deviation), "effects": effects}
        return constants | {"members": list(self.members), "unseen": self.unseen.value, "min_cases": self.min_cases}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "FittedEffects":
        """Return the constants that `to_dict` wrote."""
        effects = {name: Effects(tuple(one["shift"]), tuple(one["scale"])) for name, one in document["effects"].items()}
        mean, deviation, members = (tuple(document[name]) for name in ("mean", "deviation", "members"))
        return cls(mean, deviation, effects, members, UnseenCentre(document["unseen"]), document["min_cases"])

    def _effects_of(self, centre: str, values: Floats) -> Effects | None:
        if centre in self.members:
            return self.effects.get(centre, self.effects.get(POOL))
        if self.unseen == UnseenCentre.POOLED:
            return self.effects.get(POOL)
        if self.unseen == UnseenCentre.REFIT and len(values) >= self.min_cases:
            return moments(standardised(values, np.array(self.mean), np.array(self.deviation)))
        return None

    def _without(self, values: Floats, effects: Effects) -> Floats:
        mean, deviation = np.array(self.mean), np.array(self.deviation)
        scaled = (standardised(values, mean, deviation) - np.array(effects.shift)) / np.array(effects.scale)
        return np.where(deviation > 0, scaled * deviation + mean, values)


def standardised(values: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Return the columns less their mean, over their deviation; a column without deviation becomes 0."""
    scaled: Floats = np.where(deviation > 0, (values - mean) / np.where(deviation > 0, deviation, 1.0), 0.0)
    return np.where(np.isnan(values), np.nan, scaled)


def moments(standard: Floats) -> Effects:
    """Return the mean and the standard deviation (n - 1) of one centre's standardised features [n, p].

    A feature known of fewer than two cases, or of no spread in this centre, keeps its scale: 1.
    """
    known = np.isfinite(standard)
    count = known.sum(axis=0)
    filled = np.where(known, standard, 0.0)
    shift = filled.sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(known, standard - shift, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1)
    scale = np.where(squares > 0, np.sqrt(squares), 1.0)
    return Effects(tuple(shift.tolist()), tuple(scale.tolist()))


@dataclass(frozen=True, slots=True, eq=False)
class TrainingCentres:
    """Training cases by centre: the constants of all, and each centre's standardised features [n, p]."""

    mean: Floats
    deviation: Floats
    standard: Mapping[str, Floats]
    members: tuple[str, ...]


def training_centres(values: Floats, centres: Sequence[str], min_cases: int) -> TrainingCentres:
    """Divide features [n, p] by centre; centres with fewer than `min_cases` are pooled, and left out if still too few.

    The mean is that of all cases that take part, the deviation that within the centres (the root of the residuals'
    mean square). Those left out are unknown to what is fitted.
    """
    rows = _rows(centres, min_cases)
    used = np.concatenate([*rows.values(), np.zeros(0, dtype=int)])
    known = values[used]
    mean = _mean(known)
    residuals = np.concatenate([values[one] - _mean(values[one]) for one in rows.values()] + [values[:0]])
    deviation = np.sqrt(_mean(residuals**2))
    deviation = np.where(deviation > 1e-12 * np.abs(mean), deviation, 0.0)  # constant but for rounding
    standard = {name: standardised(values[one], mean, deviation) for name, one in rows.items()}
    members = tuple(sorted({centres[row] for row in used.tolist()}))
    return TrainingCentres(mean, deviation, standard, members)


def _rows(centres: Sequence[str], min_cases: int) -> dict[str, NDArray[np.int_]]:
    of = {name: np.flatnonzero([one == name for one in centres]) for name in sorted(set(centres))}
    large = {name: rows for name, rows in of.items() if len(rows) >= min_cases}
    small = np.sort(np.concatenate([rows for name, rows in of.items() if name not in large] + [np.zeros(0, dtype=int)]))
    found = large | ({POOL: small} if len(small) >= min_cases else {})
    return found if len(found) > 1 else {}  # one centre alone has nothing to differ from


def _mean(values: Floats) -> Floats:
    """Return the mean [p] of what is known of each column, 0 where nothing is."""
    known = np.isfinite(values)
    mean: Floats = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean
