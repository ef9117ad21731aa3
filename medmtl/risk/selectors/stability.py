"""Keeps the features that are chosen again and again from halves of the cases."""

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.rows import Block
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.univariate import Univariate

Floats = NDArray[np.float64]


class Stability(Selector):
    """The features among the best `count` of a random half in at least `threshold` of `draws` halves.

    A half holds half of the events and half of the censored cases. The expected number of features chosen by luck
    is at most count^2 / ((2 threshold - 1) p), p the number of features.
    Source: Meinshausen N, Buehlmann P, Stability selection, J R Stat Soc B 72, 2010 (univariate C as the base).
    """

    def __init__(self, count: int = 10, threshold: float = 0.6, draws: int = 50, seed: int = 0) -> None:
        self._base = Univariate(count)
        self._threshold = threshold
        self._draws = draws
        self._seed = seed

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the features that are chosen often enough."""
        rng = np.random.default_rng(self._seed)
        times = dict.fromkeys(block.names, 0)
        for _ in range(self._draws):
            half = _half(event, rng)
            for name in self._base.choose(block.take(half), time_days[half], event[half]):
                times[name] += 1
        return tuple(name for name in block.names if times[name] >= self._threshold * self._draws)


def _half(event: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int_]:
    parts = [rng.permutation(np.flatnonzero(event == seen)) for seen in (True, False)]
    return np.sort(np.concatenate([part[: (len(part) + 1) // 2] for part in parts]))
