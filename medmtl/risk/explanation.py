"""Why one case has its risk: what each column adds to that of the mean training case, with its interval."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from medmtl.risk.base import FittedRisk
from medmtl.risk.cross_fit import Z_95
from medmtl.risk.rows import RiskRows


@dataclass(frozen=True, slots=True)
class Term:
    """What one column adds to the log hazard. `value` is the column as measured, None where missing and filled.

    `typical` is the mean of the training cases. `low` and `high` hold 95 % given penalty and choice of columns; None
    where the model knows no error.
    """

    name: str
    value: float | None
    typical: float
    log_hazard: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The risk of one case: the sum of the terms, largest first, and `rest`; `group` is high or low by the model's cut.

    `survival` is by days; None beyond the follow-up. `dropped` says of blocks and columns why the model lacks them.
    """

    case_id: str
    risk: float
    low: float | None
    high: float | None
    group: str
    terms: tuple[Term, ...]
    rest: float
    survival: dict[str, float | None]
    dropped: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return asdict(self)


def explain(model: FittedRisk, rows: RiskRows, case_id: str, times_days: tuple[float, ...]) -> Explanation:
    """Return why the model gives a case of these rows its risk, in log hazards: larger is worse.

    It tells what the model does with the case's values. It does not say that a value causes the event.
    """
    row = rows.take([[case.case_id for case in rows.cases].index(case_id)])
    risk = float(model.predict(row)[0])
    told = model.contributions(row)
    terms = [
        Term(name, _known(raw), float(typical), float(value), *_limits(float(value), float(error)))
        for name, raw, typical, value, error in zip(
            told.names, told.raw[0], told.typical, told.values[0], told.errors[0], strict=True
        )
        if value
    ]
    survival = model.survival(row, times_days)[0]
    return Explanation(
        case_id,
        risk,
        *_limits(risk, float(told.total_error[0])),
        group="high" if risk > model.cut else "low",
        terms=tuple(sorted(terms, key=lambda term: -abs(term.log_hazard))),
        rest=float(told.rest[0]),
        survival={f"{days:g}": _known(share) for days, share in zip(times_days, survival, strict=True)},
        dropped=dict(model.dropped),
    )


def _limits(value: float, error: float) -> tuple[float | None, float | None]:
    return _known(value - Z_95 * error), _known(value + Z_95 * error)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
