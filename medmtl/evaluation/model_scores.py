"""All measures of one model on the cases it did not see, as plain values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.auc import auc_at
from medmtl.evaluation.brier import Brier, brier_at, integrated_brier
from medmtl.evaluation.calibration import calibration_slope, observed_to_expected
from medmtl.evaluation.calibration_curve import calibration_curve
from medmtl.evaluation.d_calibration import d_calibration
from medmtl.evaluation.decision_curve import decision_curve
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.predicted import Predicted
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.evaluation.uno import default_tau, uno_c
from medmtl.records import Interval

Floats = NDArray[np.float64]
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 16))  # of net benefit: 5 to 75 %
DRAWN = 100  # points of a calibration curve that are kept
BEYOND = "a model's training cases are not followed that far"


def model_scores(outcomes: Outcomes, predicted: Predicted, settings: EvaluationSettings) -> dict[str, Any]:
    """Return the measures by name, those of a horizon by its day; what is not known is None with a `reason`.

    Ranks are compared within a fold; probabilities have no unknown constant and are scored over all cases.
    """
    pooled, level = Outcomes(outcomes.time_days, outcomes.event), settings.level
    tau = default_tau(outcomes)
    return {
        "uno_c": as_dict(uno_c(outcomes, predicted.risk, level, tau)),
        "calibration_slope": as_dict(calibration_slope(outcomes, predicted.risk, level)),
        "horizons": {
            f"{days:g}": {
                "auc": as_dict(auc_at(outcomes, predicted.risk, days, level)),
                **_at_horizon(pooled, predicted.at(days), days, level),
            }
            for days in settings.horizons_days
        },
        "integrated": _integrated(pooled, predicted, tau, level),
        "d_calibration": _d_calibration(pooled, predicted),
    }


def as_dict(interval: Interval) -> dict[str, Any]:
    """Return an interval as plain values; the reason only where there is one."""
    values = {"estimate": interval.estimate, "low": interval.low, "high": interval.high, "n": interval.n}
    return values | ({"reason": interval.reason} if interval.reason else {})


def _at_horizon(outcomes: Outcomes, survival: Floats | None, days: float, level: float) -> dict[str, Any]:
    if survival is None:
        return {"reason": BEYOND}
    risk = 1 - survival
    return {
        **_brier(brier_at(outcomes, survival, days, level)),
        "observed_to_expected": as_dict(observed_to_expected(outcomes, risk, days, level)),
        "calibration": _calibration(outcomes, risk, days),
        "decision": _decision(outcomes, risk, days),
    }


def _brier(found: Brier) -> dict[str, Any]:
    return {"brier": as_dict(found.score), "brier_null": found.null, "ipa": as_dict(found.accuracy)}


def _calibration(outcomes: Outcomes, risk: Floats, days: float) -> dict[str, Any]:
    curve = calibration_curve(outcomes, risk, days)
    if isinstance(curve, str):
        return {"reason": curve}
    kept = np.unique(np.linspace(0, outcomes.n - 1, min(DRAWN, outcomes.n)).round().astype(int))
    drawn = {"predicted": curve.predicted[kept].tolist(), "observed": curve.observed[kept].tolist()}
    return {"ici": curve.ici, "e50": curve.e50, "e90": curve.e90, **drawn}


def _decision(outcomes: Outcomes, risk: Floats, days: float) -> dict[str, Any]:
    curve = decision_curve(outcomes, risk, days, THRESHOLDS)
    if isinstance(curve, str):
        return {"reason": curve}
    return {"thresholds": curve.thresholds, "model": curve.model, "treat_all": curve.treat_all}


def _integrated(outcomes: Outcomes, predicted: Predicted, tau: float | None, level: float) -> dict[str, Any]:
    """Integrate the Brier score over the event times up to tau, as far as the survival is known."""
    if tau is None:
        return {"reason": "no event"}
    times = np.unique(outcomes.time_days[outcomes.event & (outcomes.time_days <= tau)])
    times = predicted.known(times)
    if not times.size:
        return {"reason": BEYOND}
    columns = predicted.survival[:, np.searchsorted(predicted.times_days, times)]
    found = integrated_brier(outcomes, columns, times.tolist(), level)
    return {"from_days": float(times[0]), "to_days": float(times[-1]), **_brier(found)}


def _d_calibration(outcomes: Outcomes, predicted: Predicted) -> dict[str, Any]:
    own = predicted.at_own(outcomes.time_days)
    known = np.isfinite(own)
    found = d_calibration(outcomes.take(known), own[known])
    if found is None:
        return {"reason": BEYOND}
    return {"cases": found.cases, "chi_squared": found.chi_squared, "p": found.p, "n": int(known.sum())}
