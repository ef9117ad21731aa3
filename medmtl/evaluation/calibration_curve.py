"""Predicted against observed risk at a horizon, as a smooth curve, and how far apart the two are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.horizon import objection
from medmtl.evaluation.outcomes import Outcomes, check_probabilities
from medmtl.evaluation.risk_sets import risk_sets

Floats = NDArray[np.float64]
KNOTS = (0.1, 0.5, 0.9)  # shares of the cases; three knots are two columns
SPLINE_EVENTS = 20  # events for the spline's two columns, ten for each; with fewer the curve is a line on its scale
MIN_EVENTS = 10
EDGE = 1e-6  # a predicted risk of 0 or 1 is moved by as much, since its logarithm is infinite


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """Predicted and observed risk of the event by the horizon, per case, ascending; and their absolute distance.

    `ici` is its mean, `e50` its median and `e90` its 90th percentile: probabilities, 0 is best.
    """

    predicted: Floats
    observed: Floats
    ici: float
    e50: float
    e90: float


def calibration_curve(outcomes: Outcomes, event_risk: Floats, horizon_days: float) -> CalibrationCurve | str:
    """Return the curve for predicted risks of the event by the horizon [n], or the reason why there is none.

    Observed is what a Cox model on log(-log(1 - risk)) says, by a restricted cubic spline from 20 events on and
    linearly below. It is not cross-fitted: with few events it follows chance. Folds are ignored, since a probability
    has no unknown constant.
    Source: Austin PC, Harrell FE, van Klaveren D, Graphical calibration curves and the integrated calibration index
    (ICI) for survival models, Stat Med 39, 2020.
    """
    check_probabilities("predicted risk", event_risk)
    pooled = Outcomes(outcomes.time_days, outcomes.event)
    events = int(outcomes.event.sum())
    if refused := objection(pooled, horizon_days):
        return refused
    if events < MIN_EVENTS:
        return f"a calibration curve needs {MIN_EVENTS} events. Found {events}"
    columns = _columns(event_risk, events)
    fitted = fit_cox(columns, pooled)
    if isinstance(fitted, str):
        return fitted.replace("a column is", "all predicted risks are")
    observed = _risk_by(columns, columns @ fitted.coefficients, pooled, horizon_days)
    order = np.argsort(event_risk)
    apart = np.abs(observed - event_risk)
    return CalibrationCurve(
        event_risk[order], observed[order], float(apart.mean()), *map(float, np.quantile(apart, [0.5, 0.9]))
    )


def _columns(event_risk: Floats, events: int) -> Floats:
    scale = np.log(-np.log1p(-np.clip(event_risk, EDGE, 1 - EDGE)))
    knots = np.quantile(scale, KNOTS)
    if events < SPLINE_EVENTS or np.diff(knots).min() <= 0:
        return scale[:, None]
    return np.column_stack([scale, _spline(scale, knots)])


def _spline(values: Floats, knots: Floats) -> Floats:
    """Return the second column of a restricted cubic spline with three knots: linear beyond the outer ones."""
    first, middle, last = (np.maximum(values - knot, 0.0) ** 3 for knot in knots)
    low, centre, high = knots
    bent = first - middle * (high - low) / (high - centre) + last * (centre - low) / (high - centre)
    column: Floats = bent / (high - low) ** 2
    return column


def _risk_by(columns: Floats, log_hazard: Floats, outcomes: Outcomes, horizon_days: float) -> Floats:
    """Return the risk by the horizon of the fitted model, with the baseline hazard that goes with Efron's ties."""
    sets = risk_sets(columns, log_hazard, outcomes)
    by_then = sets.time_days <= horizon_days
    risk: Floats = -np.expm1(-np.exp(log_hazard[:, None] - sets.log_total[by_then]).sum(axis=1))
    return risk
