"""Harrell's C: how often, of two cases, the one with the larger risk has the event first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.evaluation.bootstrap import bias_corrected_interval, percentile_interval, resample_counts
from medmtl.evaluation.jackknife import concordance_influence, logit_interval, too_few_events
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.pair_sums import pair_sums, pair_totals
from medmtl.evaluation.resampling import resampled_concordance
from medmtl.evaluation.settings import EvaluationSettings, IntervalMethod
from medmtl.records import Interval

Floats = NDArray[np.float64]
NO_PAIR = "no two cases are comparable: no event precedes another case's time within a fold"


@dataclass(frozen=True, slots=True)
class Concordance:
    """Harrell's C in [0, 1], larger is better; None where no pair is comparable.

    `pairs` counts the comparable pairs, `tied` those of them with equal risks, which count 0.5.
    """

    estimate: float | None
    pairs: int
    n: int
    tied: int = 0


def harrell_c(
    time_days: Floats, event: NDArray[np.bool_], risk: Floats, fold: NDArray[np.generic] | None = None
) -> Concordance:
    """Return Harrell's C of `risk` [n], larger is worse, over the comparable pairs, in O(n log n).

    A pair is comparable when the shorter time ends in an event. An event precedes a censoring of the same time; two
    events of the same time are not compared. Equal risks count 0.5. With `fold` [n], the number of the model that held
    the case out, only pairs of one fold count, since two models' risks differ by an unknown constant.
    Source: Harrell FE et al., Evaluating the yield of medical tests, JAMA 247, 1982; ties as in R survival.
    """
    outcomes = Outcomes(time_days, np.asarray(event, dtype=bool), fold)
    concordant, tied, comparable = pair_totals(outcomes, risk)
    estimate = (concordant + 0.5 * tied) / comparable if comparable else None
    return Concordance(estimate, comparable, outcomes.n, tied)


def weighted_c(outcomes: Outcomes, risk: Floats) -> float | None:
    """Return Harrell's C with each pair counted by the product of its cases' weights; None without a pair."""
    return pair_sums(outcomes, risk).estimate


def concordance_interval(
    time_days: Floats,
    event: NDArray[np.bool_],
    risk: Floats,
    fold: NDArray[np.generic] | None,
    settings: EvaluationSettings,
) -> Interval:
    """Return Harrell's C with its interval over cases, by the method that the settings name."""
    outcomes = Outcomes(time_days, np.asarray(event, dtype=bool), fold)
    return interval_of_c(outcomes, risk, settings)


def interval_of_c(outcomes: Outcomes, risk: Floats, settings: EvaluationSettings) -> Interval:
    """Return Harrell's C with its interval; without a comparable pair, or limits below 5 events, the reason instead."""
    influence = concordance_influence(outcomes, risk)
    if influence is None:
        return Interval(None, None, None, outcomes.n, NO_PAIR)
    if few := too_few_events(int(outcomes.event.sum())):
        return Interval(influence.estimate, None, None, outcomes.n, few)
    if settings.interval is IntervalMethod.JACKKNIFE:
        return logit_interval(influence, settings.level)
    draws = resampled_concordance(outcomes, risk, resample_counts(outcomes.n, settings))
    if settings.interval is IntervalMethod.PERCENTILE:
        return percentile_interval(influence.estimate, draws, outcomes.n, settings)
    return bias_corrected_interval(influence, draws, settings)
