"""What a selector is: it chooses among features by training rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.rows import Block

Floats = NDArray[np.float64]


class Selector(ABC):
    """A way to choose features. It runs inside every fit, so it never meets a row that is held out."""

    @abstractmethod
    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the names of the features that stay, in the block's order; none may stay.

        `block` [n, p] is as measured, NaN where not known; a constant or unknown feature is never chosen.
        """

    def choose_for(
        self, cases: Sequence[str], block: Block, time_days: Floats, event: NDArray[np.bool_]
    ) -> tuple[str, ...]:
        """Return the same; a selector that has further measurements of the training cases finds them by these ids."""
        return self.choose(block, time_days, event)
