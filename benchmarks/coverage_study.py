"""Simulates cohorts with a known C and counts how often each interval holds it: `python benchmarks/coverage_study.py`.

Writes the figure to docs/pictures/coverage.svg. Random numbers depend on the cohort's number alone.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from medmtl.evaluation.auc import auc_at
from medmtl.evaluation.bootstrap import bias_corrected_interval, percentile_interval, resample_counts
from medmtl.evaluation.brier import brier_at
from medmtl.evaluation.calibration import calibration_slope, observed_to_expected
from medmtl.evaluation.compare import concordance_difference, difference_test
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.jackknife import concordance_influence, logit_interval, normal_interval
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import resampled_concordance
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval

COHORTS = 500
HORIZON = 500.0
EFFECTS = {"noise": (0.0, 0.667), "signal": (0.8, 0.64)}  # log hazard ratio per SD, mean censoring time; 40 % events
SHAPES = ((36, 1), (36, 5), (60, 5), (200, 1), (200, 5))  # cases, folds
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "coverage.svg"
NAMES = ("jackknife, logit", "jackknife, plain", "percentile", "bias-corrected")
COLOURS = ("#1b6ca8", "#9ecae1", "#d95f02", "#7570b3")


def simulate(rng: np.random.Generator, n: int, effect: float, censoring: float) -> tuple[Outcomes, np.ndarray]:
    """Return outcomes and risks of n cases, hazards proportional to exp(effect * risk), censoring independent."""
    risk = rng.normal(size=n)
    event_time, censored = rng.exponential(np.exp(-effect * risk)), rng.exponential(1.0, n) * censoring
    return Outcomes(1000 * np.minimum(event_time, censored), event_time <= censored), risk


def intervals(outcomes: Outcomes, risk: np.ndarray, seed: int) -> list[Interval]:
    """Return the interval of each method, in the order of NAMES."""
    settings = EvaluationSettings(seed=seed)
    influence = concordance_influence(outcomes, risk)
    if influence is None:
        return [Interval(None, None, None, outcomes.n)] * len(NAMES)
    draws = resampled_concordance(outcomes, risk, resample_counts(outcomes.n, settings))
    return [
        logit_interval(influence, settings.level),
        normal_interval(influence, settings.level),
        percentile_interval(influence.estimate, draws, outcomes.n, settings),
        bias_corrected_interval(influence, draws, settings),
    ]


def study(truth: float, n: int, folds: int, made: Callable[[np.random.Generator], tuple[Outcomes, np.ndarray]]) -> list:
    """Return per method the share of cohorts whose interval holds the truth, its mean width, the share without one."""
    rows = []
    for cohort in range(COHORTS):
        rng = np.random.default_rng([cohort, n])
        outcomes, risk = made(rng)
        fold = rng.permutation(n) % folds if folds > 1 else None
        found = intervals(Outcomes(outcomes.time_days, outcomes.event, fold), risk, cohort)
        rows.append([(one.low, one.high) if one.low is not None else (np.nan, np.nan) for one in found])
    low, high = np.moveaxis(np.array(rows), 2, 0)
    held = ((low <= truth) & (truth <= high)).mean(axis=0)
    return [*zip(held, np.nanmean(high - low, axis=0), np.isnan(low).mean(axis=0), strict=True)]


def differences(n: int, folds: int) -> tuple[float, float]:
    """Return how often the interval of a difference excludes 0, and the test says p < 0.05, for two equal models."""
    excluded = rejected = 0
    for cohort in range(COHORTS):
        rng = np.random.default_rng([cohort, n, 1])
        outcomes, risk = simulate(rng, n, *EFFECTS["signal"])
        risks = (risk + rng.normal(size=n), risk + rng.normal(size=n))
        fold = rng.permutation(n) % folds if folds > 1 else None
        settings = EvaluationSettings(seed=cohort)
        found = concordance_difference(outcomes.time_days, outcomes.event, risks, fold, settings)
        test = difference_test(Outcomes(outcomes.time_days, outcomes.event, fold), risks)
        excluded += found.low is not None and not found.low <= 0 <= found.high
        rejected += test is not None and test.p < 0.05
    return excluded / COHORTS, rejected / COHORTS


def measures(outcomes: Outcomes, risk: np.ndarray, survival: np.ndarray) -> dict[str, Interval]:
    """Return the other measures at the horizon, of a model that predicts this survival there."""
    found = brier_at(outcomes, survival, HORIZON, 0.95)
    return {
        "AUC": auc_at(outcomes, risk, HORIZON, 0.95),
        "Brier": found.score,
        "IPA": found.accuracy,
        "O/E": observed_to_expected(outcomes, 1 - survival, HORIZON, 0.95),
        "slope": calibration_slope(outcomes, risk, 0.95),
    }


def other_measures(n: int) -> None:
    """Print how often the intervals of the other measures hold what a huge cohort without censoring gives."""
    effect, censoring = EFFECTS["signal"]

    def survival(risk: np.ndarray) -> np.ndarray:
        return np.exp(-1.3 * HORIZON / 1000 * np.exp(0.6 * risk))  # of a model that is wrong in level and in spread

    outcomes, risk = simulate(np.random.default_rng(1), 400_000, effect, np.inf)
    truth = {name: one.estimate for name, one in measures(outcomes, risk, survival(risk)).items()}
    held = dict.fromkeys(truth, 0)
    for cohort in range(COHORTS):
        outcomes, risk = simulate(np.random.default_rng([cohort, n, 2]), n, effect, censoring)
        for name, one in measures(outcomes, risk, survival(risk)).items():
            held[name] += one.low is not None and one.low <= truth[name] <= one.high
    told = "  ".join(f"{name} {truth[name]:.3f} held {count / COHORTS:.1%}" for name, count in held.items())
    print(f"other measures, n = {n}: {told}")


def main() -> None:
    for n in (36, 200):
        other_measures(n)
    results = {}
    for name, (effect, censoring) in EFFECTS.items():
        outcomes, risk = simulate(np.random.default_rng(0), 1_000_000, effect, censoring)
        truth = harrell_c(outcomes.time_days, outcomes.event, risk).estimate if effect else 0.5
        print(f"{name}: C {truth:.4f}, {outcomes.event.mean():.0%} events, {COHORTS} cohorts of each shape")
        for n, folds in SHAPES:
            found = study(truth, n, folds, lambda rng, n=n, e=effect, c=censoring: simulate(rng, n, e, c))
            results[name, n, folds] = found
            told = "  ".join(
                f"{method} {held:.1%} (width {width:.3f}, none {none:.1%})"
                for method, (held, width, none) in zip(NAMES, found, strict=True)
            )
            print(f"  n = {n:3d}, folds {folds}: {told}", flush=True)
    draw(results)
    for n, folds in ((36, 5), (200, 5)):
        interval, test = differences(n, folds)
        print(f"two equal models, n = {n}, folds {folds}: interval excludes 0 {interval:.1%}, p < 0.05 {test:.1%}")


def draw(results: dict[tuple[str, int, int], list]) -> None:
    """Draw the coverage of each method in each setting."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    for place, name in enumerate(EFFECTS):
        axes = figure.add_subplot(1, 2, place + 1)
        axes.axhspan(92, 97, color="#eeeeee", zorder=0)
        axes.axhline(95, color="#888888", linewidth=0.8)
        for method, colour in enumerate(COLOURS):
            held = [100 * results[name, n, folds][method][0] for n, folds in SHAPES]
            axes.plot(range(len(SHAPES)), held, "o-", color=colour, label=NAMES[method], markersize=5, linewidth=1)
        axes.set_xticks(range(len(SHAPES)), [f"n = {n}\n{folds} fold{'s' * (folds > 1)}" for n, folds in SHAPES])
        axes.set_ylim(88, 100.5)
        axes.set_title("C = 0.5 (pure noise)" if name == "noise" else "C = 0.70", fontsize=10)
        axes.set_ylabel("intervals that hold the true C [%]" if not place else "")
        axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, loc="lower right")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasSVG(figure).print_svg(PICTURE, metadata={"Date": None})
    sys.stdout.write(f"wrote {PICTURE.relative_to(PICTURE.parents[2])}\n")


if __name__ == "__main__":
    main()
