"""Gathers what every model reads in every mirrored view of a case: the mean, and the means that further masks need."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.records import Grid
from medmtl.volume import Flip

Probability = NDArray[np.float32]  # [1 + labels, D, H, W], background first

_ALL = ""
_AXES = "..zyx"  # of [B, C, D, H, W]


@dataclass(frozen=True, slots=True)
class FurtherMasks:
    """Which masks are wanted beside the one that counts: of each view, of each model, of other thresholds."""

    flips: bool = False
    models: bool = False
    thresholds: tuple[float, ...] = ()


NO_FURTHER = FurtherMasks()


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The mean probability over models and views on the working grid, its parts by name, one log hazard per model.

    A part is the mean over the models in one view (`flip_zy`), or over the views of one model (`model_0`).
    """

    grid: Grid
    probability: Probability
    parts: Mapping[str, Probability]
    log_hazards: tuple[float, ...]


class Readings:
    """Sums up view by view, so that memory holds the sums alone."""

    def __init__(self, further: FurtherMasks) -> None:
        self._further = further
        self._sums: dict[str, Probability] = {}
        self._counts: Counter[str] = Counter()
        self._risks: dict[int, list[float]] = {}

    def add(self, model: int, flip: Flip, probability: Probability, log_hazard: float | None) -> None:
        """Take in what a model reads in one view."""
        names = [_ALL]
        names += [flip_name(flip)] if self._further.flips else []
        names += [f"model_{model}"] if self._further.models else []
        for name in names:
            self._sums[name] = self._sums[name] + probability if name in self._sums else probability
            self._counts[name] += 1
        self._risks.setdefault(model, []).extend([] if log_hazard is None else [log_hazard])

    def together(self, grid: Grid) -> Reading:
        """Return the means; the part of a single model is left out, since it is the whole."""
        means = {name: total / np.float32(self._counts[name]) for name, total in self._sums.items()}
        whole = means.pop(_ALL)
        parts = {name: one for name, one in means.items() if self._counts[name] < self._counts[_ALL]}
        return Reading(grid, whole, parts, tuple(float(np.mean(risks)) for risks in self._risks.values() if risks))


def flip_name(flip: Flip) -> str:
    """Return the name of a view by the axes that it mirrors: `flip_none`, `flip_x`, `flip_zy`, ..."""
    return f"flip_{''.join(_AXES[axis] for axis in flip) or 'none'}"
