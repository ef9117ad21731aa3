"""Keeps the features that several horizons of the outcome need at once."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import MultiTaskLassoCV
from sklearn.model_selection import KFold

from medmtl.risk.rows import Block
from medmtl.risk.scaling import fit_scaler
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.redundancy import informative

Floats = NDArray[np.float64]

_STRENGTHS = np.geomspace(1.0, 0.05, 25)  # as part of the one at which nothing stays
_NOTHING = 1e-9  # standard deviation of residuals that tell nothing, as where all events are at one time
_ROUNDS = 5000  # of coordinate descent


class SparseMultiTask(Selector):
    """The features with a weight in a group lasso over tasks, repeated `levels` times, or until none is dropped.

    A task is one of `horizons` quantiles of the event times, its number the martingale residual then: the event if it
    was seen by then, less what is expected of the time at risk until then. So every case tells of every horizon as far
    as it was followed. The weights W [features, tasks] minimise |Y - X W|^2 / 2 n + strength * sum_j d_j |w_j|, where
    |w_j| is the length over tasks; the strength has the least error in `folds` folds of the training rows. At the
    first level d is 1; at a later one it is the greatest length of the level before over the feature's own. On phantoms
    two levels are as good on unseen cases as one, with half of the features; more lose those that tell much the same.
    Source: Suk, Lee and Shen, Deep sparse multi-task learning for feature selection in Alzheimer's disease diagnosis,
    Brain Struct Funct 2016, with horizons in the place of subclasses, and the weights of Zou, The adaptive lasso and
    its oracle properties, JASA 2006; Therneau, Grambsch and Fleming, Martingale-based residuals, Biometrika 1990.
    """

    def __init__(self, horizons: int = 3, folds: int = 5, levels: int = 2, seed: int = 0) -> None:
        self._horizons, self._folds, self._levels, self._seed = horizons, folds, levels, seed

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the features that stay; none where no event was seen, or where there are fewer cases than folds."""
        names = informative(block)
        if not names or not event.any() or len(event) < self._folds:
            return ()
        scaler = fit_scaler(block.pick(names), take_log=True)
        x = scaler.keep(names).transform(block)
        y = martingale_residuals(time_days, event, _horizons(time_days, event, self._horizons))
        y = y[:, y.std(axis=0) > _NOTHING]
        chosen = self._refined(x, y / y.std(axis=0)) if y.size else ()
        return tuple(names[position] for position in chosen)

    def _refined(self, x: Floats, y: Floats) -> NDArray[np.int_]:
        chosen, weight = np.arange(x.shape[1]), np.ones(x.shape[1])
        for _ in range(self._levels):
            length = np.linalg.norm(self._fit(x[:, chosen] * weight, y), axis=0) * weight
            stays = length > 0
            chosen, weight = chosen[stays], length[stays] / length.max(initial=1e-300)
            if stays.all() or not stays.any():
                break
        return chosen

    def _fit(self, x: Floats, y: Floats) -> Floats:
        """Return weights [tasks, features], at the strength with the least error on what was held out."""
        folds = KFold(self._folds, shuffle=True, random_state=self._seed)
        greatest = float(np.linalg.norm(x.T @ (y - y.mean(axis=0)), axis=1).max()) / len(x)
        found = MultiTaskLassoCV(alphas=greatest * _STRENGTHS, cv=folds, max_iter=_ROUNDS).fit(x, y)
        weights: Floats = found.coef_
        return weights


def martingale_residuals(time_days: Floats, event: NDArray[np.bool_], horizons: Floats) -> Floats:
    """Return [n, horizons]: whether the event was seen by then, less the cumulative hazard of the time at risk.

    The hazard is Nelson and Aalen's, of all cases together. A column's sum is 0 over the cases that made it.
    """
    at = np.unique(time_days[event])
    at_risk = (time_days >= at[:, None]).sum(axis=1)
    seen = (event & (time_days == at[:, None])).sum(axis=1)
    until = np.minimum(time_days[:, None], horizons)
    expected = ((at <= until[..., None]) * (seen / at_risk)).sum(axis=2)
    residuals: Floats = (event[:, None] & (time_days[:, None] <= horizons)) - expected
    return residuals


def _horizons(time_days: Floats, event: NDArray[np.bool_], count: int) -> Floats:
    """Return quantiles of the event times [days], the last one the last event."""
    return np.unique(np.quantile(time_days[event], np.arange(1, count + 1) / count))
