"""Kaplan-Meier curves, numbers at risk, the log-rank test and follow-up, by lifelines."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.exceptions import StatisticalWarning
from lifelines.statistics import multivariate_logrank_test
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A step function: the survival from each time [days] on, with its band; `median_days` is None if not reached."""

    time_days: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    median_days: float | None

    def at(self, time_days: float) -> float:
        """Return the survival at a time; 1 before the first step, the last value after the last."""
        position = int(np.searchsorted(self.time_days, time_days, side="right")) - 1
        return self.survival[position] if position >= 0 else 1.0


@dataclass(frozen=True, slots=True)
class LogRank:
    """The log-rank test of equal survival in all groups."""

    chi_squared: float
    p: float
    groups: int


def kaplan_meier(time_days: Floats, event: NDArray[np.bool_], level: float = 0.95) -> SurvivalCurve:
    """Return the Kaplan-Meier curve with the band of Greenwood's variance on the log(-log) scale.

    Raises MedmtlError without a case.
    """
    if not len(time_days):
        raise MedmtlError("A Kaplan-Meier curve needs at least one case with an endpoint. Found none.")
    fitter = KaplanMeierFitter(alpha=1 - level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticalWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # log(0) in the band where survival is 1 or 0
        fitter.fit(time_days, event)
    survival = fitter.survival_function_.iloc[:, 0]
    band = fitter.confidence_interval_.to_numpy()
    low, high = np.where(np.isnan(band), survival.to_numpy()[:, None], band).T  # no width where log(-log) is undefined
    median = float(fitter.median_survival_time_)
    times = survival.index.to_numpy()
    reached = median if np.isfinite(median) else None
    return SurvivalCurve(
        tuple(times.tolist()), tuple(survival.tolist()), tuple(low.tolist()), tuple(high.tolist()), reached
    )


def numbers_at_risk(time_days: Floats, at_days: Sequence[float]) -> tuple[int, ...]:
    """Count the cases still followed and without the event just before each of the times; a time of its own counts."""
    return tuple(int((time_days >= at).sum()) for at in at_days)


def log_rank(time_days: Floats, event: NDArray[np.bool_], group: NDArray[np.generic]) -> LogRank | None:
    """Return the log-rank test over the groups [n]; None with fewer than two groups or without an event."""
    groups = len(np.unique(group))
    if groups < 2 or not event.any():
        return None
    test = multivariate_logrank_test(time_days, group, event)
    return LogRank(float(test.test_statistic), float(test.p_value), groups)


def median_follow_up(time_days: Floats, event: NDArray[np.bool_]) -> float | None:
    """Return the median follow-up [days] by reverse Kaplan-Meier, events taken as censored; None if not reached.

    Source: Schemper M, Smith TL, A note on quantifying follow-up in studies of failure time, Control Clin Trials, 1996.
    """
    return kaplan_meier(time_days, ~np.asarray(event, dtype=bool)).median_days if len(time_days) else None
