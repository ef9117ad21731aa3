"""Times Harrell's C beside lifelines: `python benchmarks/concordance.py`. CPU time, median of repeats, equal values."""

from collections.abc import Callable
from statistics import median
from time import process_time

import numpy as np
from lifelines.utils import concordance_index

from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.jackknife import concordance_influence
from medmtl.evaluation.outcomes import Outcomes

SIZES = {1_000: 20, 10_000: 7, 100_000: 3}  # cases: repeats


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median CPU time of one call, after one call that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        start = process_time()
        work()
        taken.append(process_time() - start)
    return median(taken)


def phantom(n: int, whole_days: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times, events (about half) and risks of n cases; whole days tie."""
    rng = np.random.default_rng(n)
    risk = rng.normal(size=n)
    event_days, censored_days = rng.exponential(900 * np.exp(-risk)), rng.exponential(900, n)
    time_days = np.minimum(event_days, censored_days)
    return np.ceil(time_days) if whole_days else time_days, event_days <= censored_days, risk


def main() -> None:
    print("     n  times       medmtl ms  with jackknife ms  lifelines ms  ratio  difference")
    for n, repeats in SIZES.items():
        for whole_days in (False, True):
            time_days, event, risk = phantom(n, whole_days)
            own = seconds(lambda t=time_days, e=event, r=risk: harrell_c(t, e, r), repeats)
            outcomes = Outcomes(time_days, event)
            jackknife = seconds(lambda o=outcomes, r=risk: concordance_influence(o, r), repeats)
            peer = seconds(lambda t=time_days, e=event, r=risk: concordance_index(t, -r, e), repeats)
            apart = harrell_c(time_days, event, risk).estimate - concordance_index(time_days, -risk, event)
            name = "whole days" if whole_days else "continuous"
            print(
                f"{n:7d}  {name}  {own * 1e3:9.2f}  {jackknife * 1e3:17.2f}  {peer * 1e3:12.1f}  "
                f"{peer / own:4.1f}x  {apart:.0e}"
            )


if __name__ == "__main__":
    main()
