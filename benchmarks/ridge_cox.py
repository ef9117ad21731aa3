"""Times one ridge Cox fit against lifelines at p = 10, 200 and 2,000 columns, and compares the coefficients.

    python benchmarks/ridge_cox.py [--cases 500] [--columns 10 200 2000]

Times are CPU seconds of this process on one thread: the median of several fits, but for lifelines at 2,000 columns, one
fit. Both fit the same penalised likelihood with Efron's ties; lifelines stops when a step gains less than 1e-7.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medmtl.risk.ridge import fit_ridge

Floats = NDArray[np.float64]
PENALIZER = 0.1


def cohort(n: int, p: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return columns of unit variance with correlation 0.5, times in whole days (so with ties), and events."""
    rng = np.random.default_rng(p)
    x = np.sqrt(0.5) * (rng.normal(size=(n, p)) + rng.normal(size=(n, 1)))
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    log_hazard = x[:, : min(p, 5)] @ np.full(min(p, 5), 0.4)
    time_days = np.ceil(rng.exponential(900 * np.exp(-log_hazard)))
    censored = np.ceil(rng.uniform(200, 1500, n))
    return x, np.minimum(time_days, censored), time_days <= censored


def by_lifelines(x: Floats, time_days: Floats, event: NDArray[np.bool_], penalizer: float) -> Floats:
    table = pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])]).assign(time=time_days, event=event)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CoxPHFitter(penalizer=penalizer).fit(table, "time", "event")
    return np.asarray(fitted.params_, dtype=float)


def seconds(fit: Callable[..., Floats], data: tuple[object, ...], times: int) -> tuple[float, Floats]:
    """Return the median CPU time [s] and the last result."""
    taken, found = [], np.zeros(0)
    for _ in range(times):
        began = time.process_time()
        found = fit(*data, PENALIZER)
        taken.append(time.process_time() - began)
    return statistics.median(taken), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 200, 2000])
    given = parser.parse_args()
    print("columns  events  lifelines [s]  medmtl [s]  ratio  largest difference  largest coefficient", flush=True)
    for p in given.columns:
        data = cohort(given.cases, p)
        with threadpool_limits(1):
            own, ours = seconds(fit_ridge, data, 9)
            other, theirs = seconds(by_lifelines, data, 1 if p > 500 else 3)
        apart, size = np.abs(ours - theirs).max(), np.abs(ours).max()
        times = f"{other:14.3f} {own:11.5f} {other / own:6.0f}"
        print(f"{p:7d} {data[2].sum():7d} {times} {apart:19.1e} {size:20.4f}", flush=True)


if __name__ == "__main__":
    main()
