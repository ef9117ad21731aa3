"""A Cox regression on a few columns, for measures that need one: calibration and the test of proportional hazards."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.outcomes import Outcomes, check_finite
from medmtl.evaluation.risk_sets import RiskSets, risk_sets

Floats = NDArray[np.float64]
MAX_STEPS = 50
MAX_HALVINGS = 20
TOLERANCE = 1e-10  # relative gain of the log likelihood; below it another step changes no printed digit
CONSTANT = 1e-12  # standard deviation over the largest value; below it rounding is all that varies
SEPARATED = 15.0  # log hazard per standard deviation; no finite maximum lies there


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """The coefficients [p], their information [p, p], and the log partial likelihood."""

    coefficients: Floats
    information: Floats
    log_likelihood: float

    @property
    def errors(self) -> Floats:
        """Standard errors [p] of the coefficients."""
        found: Floats = np.sqrt(np.diag(np.linalg.inv(self.information)))
        return found


def fit_cox(x: Floats, outcomes: Outcomes) -> CoxFit | str:
    """Return the unpenalised fit of columns [n, p], ties by Efron, folds as strata; or the reason why there is none."""
    check_finite("column value", x)
    if not outcomes.event.any():
        return "no event"
    largest = np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)  # so that no square overflows
    spread = (x / largest).std(axis=0)
    if (spread <= CONSTANT).any():
        return "a column is constant"
    found = _climb((x / largest - (x / largest).mean(axis=0)) / spread, outcomes)
    spread = spread * largest
    if isinstance(found, str):
        return found
    return CoxFit(found.coefficients / spread, found.information * np.outer(spread, spread), found.log_likelihood)


def log_likelihood(sets: RiskSets, log_hazard: Floats) -> float:
    """Return the log partial likelihood of the log hazards [n] that the risk sets were made with."""
    return float(log_hazard[sets.case].sum() - sets.log_total.sum())


def _climb(x: Floats, outcomes: Outcomes) -> CoxFit | str:
    beta, sets = np.zeros(x.shape[1]), risk_sets(x, np.zeros(len(x)), outcomes)
    value = log_likelihood(sets, np.zeros(len(x)))
    for _ in range(MAX_STEPS):
        information = sets.covariance.sum(axis=0)
        if np.linalg.matrix_rank(information) < len(beta):
            return "the risk sets do not tell the columns apart"
        step = np.linalg.solve(information, (x[sets.case] - sets.mean).sum(axis=0))
        moved = _better(x, outcomes, beta, step, value)
        if moved is None:
            return CoxFit(beta, information, value)
        beta, sets, gain = moved
        value += gain
        if np.abs(beta).max() > SEPARATED:
            return "the columns separate the events: the likelihood has no maximum"
        if gain < TOLERANCE * (abs(value) + TOLERANCE):
            return CoxFit(beta, sets.covariance.sum(axis=0), value)
    return "the fit did not converge"


def _better(
    x: Floats, outcomes: Outcomes, beta: Floats, step: Floats, value: float
) -> tuple[Floats, RiskSets, float] | None:
    """Return the first of ever shorter steps that does not lose, with its gain; None where all lose."""
    for halving in range(MAX_HALVINGS):
        trial = beta + step / 2**halving
        sets = risk_sets(x, x @ trial, outcomes)
        gain = log_likelihood(sets, x @ trial) - value
        if gain >= 0:
            return trial, sets, gain
    return None
