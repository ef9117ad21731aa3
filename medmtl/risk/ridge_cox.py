"""The ridge Cox model: every column stays, none may grow large."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.base import RiskModel
from medmtl.risk.coxph import FittedCox, fit_cox
from medmtl.risk.hazard import Hazard, build_hazard
from medmtl.risk.parts import inner_parts
from medmtl.risk.ridge import best_penalizer, fit_ridge
from medmtl.risk.rows import RiskRows
from medmtl.risk.scaling import Scaler
from medmtl.risk.settings import BlockName, RiskSettings

Floats = NDArray[np.float64]


class RidgeCox(RiskModel):
    """A ridge Cox model on these blocks, its penalty by cross-validated partial likelihood on the training rows."""

    def __init__(self, settings: RiskSettings, blocks: tuple[BlockName, ...]) -> None:
        self.blocks = blocks
        self._settings = settings

    def fit(self, rows: RiskRows) -> FittedCox:
        """Learn everything from these rows; those without an endpoint are left out.

        Raises MedmtlError where no event is among them.
        """
        return fit_cox(rows, self.blocks, self._settings, self._weigh)

    def _weigh(self, x: Floats, scaler: Scaler, rows: RiskRows) -> Hazard:
        penalizers = self._settings.penalizers
        parts = inner_parts(x, rows, self.blocks, self._settings)
        best = best_penalizer(parts, rows.time_days, rows.event, penalizers)
        return _first_that_settles(x, scaler, rows, [penalizer for penalizer in penalizers if penalizer >= best])


def _first_that_settles(x: Floats, scaler: Scaler, rows: RiskRows, penalizers: Sequence[float]) -> Hazard:
    """Fit with the smallest penalty for which Newton's method settles, as nearly always the first does."""
    refusals = []
    for penalizer in sorted(penalizers):
        try:
            coefficients = fit_ridge(x, rows.time_days, rows.event, penalizer)
        except MedmtlError as error:
            refusals.append(str(error))
            continue
        return build_hazard(x, scaler.names, coefficients, (rows.time_days, rows.event), penalizer)
    raise MedmtlError(f"A Cox regression on {', '.join(scaler.names)} must converge. {refusals[-1]}")
