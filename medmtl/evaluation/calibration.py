"""Whether predicted risks have the right spread and the right level."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.horizon import objection
from medmtl.evaluation.jackknife import Influence
from medmtl.evaluation.outcomes import Outcomes, check_probabilities
from medmtl.evaluation.product_limit import event_curve
from medmtl.records import Interval

Floats = NDArray[np.float64]
FLAT = 1e-9  # log hazards that differ by less are one risk and the rounding of a fit


def calibration_slope(outcomes: Outcomes, log_hazard: Floats, level: float) -> Interval:
    """Return the coefficient of the predicted log hazard [n] in a Cox model of the outcomes, with its Wald interval.

    1 is right; below 1 the predictions are too far apart, as after over-fitting; below 0 they point the wrong way.
    Folds are strata, so that the unknown constant between two models does not enter. Ties by Efron.
    Source: van Houwelingen HC, Validation, calibration, revision and combination of prognostic survival models, Stat
    Med 19, 2000.
    """
    if outcomes.n and float(np.ptp(log_hazard)) < FLAT:
        return Interval(None, None, None, outcomes.n, "all risks are constant")
    fitted = fit_cox(log_hazard[:, None], outcomes)
    if isinstance(fitted, str):
        return Interval(None, None, None, outcomes.n, fitted.replace("a column is", "all risks are"))
    slope, half = float(fitted.coefficients[0]), NormalDist().inv_cdf(0.5 + level / 2) * float(fitted.errors[0])
    return Interval(slope, slope - half, slope + half, outcomes.n)


def observed_to_expected(outcomes: Outcomes, event_risk: Floats, horizon_days: float, level: float) -> Interval:
    """Return the Kaplan-Meier risk of the event by the horizon over the mean predicted one [n].

    1 is right; above 1 more events came than predicted. The interval is the jackknife's on the logarithmic scale.
    Source: Debray TPA et al., A guide to systematic review and meta-analysis of prediction model performance, BMJ 356,
    2017.
    """
    check_probabilities("predicted risk", event_risk)
    refused = objection(outcomes, horizon_days)
    expected = float(np.average(event_risk, weights=outcomes.weights)) if outcomes.n and not refused else 0.0
    if refused or expected <= 0:
        return Interval(None, None, None, outcomes.n, refused or "the predicted risk is 0 for every case")
    observed = _observed(outcomes, horizon_days)
    predicted = outcomes.weights * (event_risk - expected) / outcomes.weights.sum()
    error = Influence(0.0, observed.values / observed.estimate - predicted / expected).error
    ratio, spread = observed.estimate / expected, np.exp(NormalDist().inv_cdf(0.5 + level / 2) * error)
    return Interval(ratio, float(ratio / spread), float(ratio * spread), outcomes.n)


def _observed(outcomes: Outcomes, horizon_days: float) -> Influence:
    curve = event_curve(outcomes)
    remains = float(curve.at(horizon_days))
    until = (curve.time_days <= horizon_days).astype(float)
    return Influence(1 - remains, -remains * curve.log_influence(outcomes, until))
