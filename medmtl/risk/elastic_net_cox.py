"""The elastic-net Cox model: few columns stay, those that stay are kept small."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.base import RiskModel
from medmtl.risk.coxph import FittedCox, fit_cox
from medmtl.risk.elastic_net import elastic_net_path, largest_penalty
from medmtl.risk.hazard import Hazard, build_hazard
from medmtl.risk.partial_likelihood import RiskSets, risk_sets
from medmtl.risk.parts import inner_parts
from medmtl.risk.ridge import Part
from medmtl.risk.rows import RiskRows
from medmtl.risk.scaling import Scaler
from medmtl.risk.settings import BlockName, RiskSettings

SMALLEST = 0.02  # of the largest penalty; below it a path of wide data only follows the noise
Floats = NDArray[np.float64]


class ElasticNetCox(RiskModel):
    """An elastic-net Cox model on these blocks, its penalty by cross-validated partial likelihood.

    `rule` takes the best penalty, or the largest within one standard error of it (`one_error`). The errors of its
    coefficients are given the penalty and the choice of columns, so they are too small: read them as a lower bound.
    """

    def __init__(
        self,
        settings: RiskSettings,
        blocks: tuple[BlockName, ...],
        l1_ratio: float = 0.5,
        rule: Literal["best", "one_error"] = "best",
        penalties: int = 40,
    ) -> None:
        if not 0 < l1_ratio <= 1 or penalties < 2:
            raise MedmtlError(
                f"An elastic net needs l1_ratio in (0, 1] and 2 penalties or more. Found {l1_ratio}, {penalties}."
            )
        self.blocks = blocks
        self._settings = settings
        self._l1_ratio = l1_ratio
        self._rule = rule
        self._count = penalties

    def fit(self, rows: RiskRows) -> FittedCox:
        """Learn everything from these rows; raise MedmtlError where no event is among them."""
        return fit_cox(rows, self.blocks, self._settings, self._weigh)

    def _weigh(self, x: Floats, scaler: Scaler, rows: RiskRows) -> Hazard:
        outcome = (rows.time_days, rows.event)
        sets = risk_sets(*outcome)
        largest = largest_penalty(x, sets, self._l1_ratio)
        if largest <= 0:  # no column, or none that tells anything
            return build_hazard(x[:, :0], (), np.zeros(0), outcome, 0.0)
        penalties = np.geomspace(largest, largest * SMALLEST, self._count).tolist()
        parts = inner_parts(x, rows, self.blocks, self._settings)
        chosen = penalties[_choice(self._scores(parts, rows, penalties), self._rule)]
        path = elastic_net_path(x, sets, self._l1_ratio, [one for one in penalties if one >= chosen])
        inside = np.flatnonzero(path[chosen])
        names = tuple(scaler.names[position] for position in inside)
        return build_hazard(x[:, inside], names, path[chosen][inside], outcome, chosen * (1 - self._l1_ratio))

    def _scores(self, parts: Sequence[Part], rows: RiskRows, penalties: Sequence[float]) -> Floats:
        """Return what each part adds to the cross-validated partial likelihood [parts, penalties]."""
        everyone = risk_sets(rows.time_days, rows.event)
        return np.array([self._part(part, rows, everyone, penalties) for part in parts])

    def _part(self, part: Part, rows: RiskRows, everyone: RiskSets, penalties: Sequence[float]) -> list[float]:
        own = risk_sets(rows.time_days[part.fitted], rows.event[part.fitted])
        path = elastic_net_path(part.own, own, self._l1_ratio, penalties)
        return [
            everyone.log_likelihood(part.everyone @ path[one]) - own.log_likelihood(part.own @ path[one])
            for one in penalties
        ]


def _choice(scores: Floats, rule: str) -> int:
    """Return the position of the chosen penalty; penalties descend, so of equals the larger is the first."""
    mean = scores.mean(axis=0)
    best = int(np.argmax(mean))
    if rule == "best" or len(scores) < 2:
        return best
    error = scores[:, best].std(ddof=1) / np.sqrt(len(scores))
    return int(np.flatnonzero(mean >= mean[best] - error)[0])
