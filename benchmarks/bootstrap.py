"""Times 1,000 resamples of Harrell's C of 500 cases beside a loop over lifelines: `python benchmarks/bootstrap.py`."""

from time import process_time

import numpy as np
from lifelines.utils import concordance_index

from medmtl.evaluation.bootstrap import resample_counts
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import resampled_concordance
from medmtl.evaluation.settings import EvaluationSettings

CASES, RESAMPLES, LOOPED = 500, 1000, 100  # lifelines is looped over the first 100 and its time multiplied


def main() -> None:
    rng = np.random.default_rng(0)
    risk = rng.normal(size=CASES)
    time_days, event = np.ceil(rng.exponential(900 * np.exp(-risk))), rng.random(CASES) < 0.6
    settings, outcomes = EvaluationSettings(resamples=RESAMPLES), Outcomes(time_days, event)
    taken = []
    for _ in range(5):
        start = process_time()
        draws = resampled_concordance(outcomes, risk, resample_counts(CASES, settings))
        taken.append(process_time() - start)
    own = float(np.median(taken))
    counts = resample_counts(CASES, settings)[:LOOPED].astype(int)
    start = process_time()
    looped = []
    for row in counts:
        drawn = np.repeat(np.arange(CASES), row)
        looped.append(concordance_index(time_days[drawn], -risk[drawn], event[drawn]))
    peer = (process_time() - start) * RESAMPLES / LOOPED
    apart = np.abs(draws[:LOOPED] - looped).max()
    print(f"n = {CASES}, {RESAMPLES} resamples, CPU time, median of 5 (lifelines: {LOOPED} of them, times 10)")
    print(
        f"medmtl {own * 1e3:.1f} ms   lifelines {peer * 1e3:.0f} ms   ratio {peer / own:.0f}x   difference {apart:.0e}"
    )


if __name__ == "__main__":
    main()
