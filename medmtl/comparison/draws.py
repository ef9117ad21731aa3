"""Resamples trainings, and test cases within them, alike for every variant, so that differences are paired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.comparison.cell import Cell, Reading
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.resampling import resampled_concordance
from medmtl.records import Endpoint

Floats = NDArray[np.float64]
Counts = Mapping[tuple[int, int], NDArray[np.int64]]  # by seed and fold: [resamples, cases]
TASKS = ("segmentation", "survival")  # mean Dice, and Harrell's C


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Mean Dice and C of one variant: as found, and in each resample; NaN where it does not say. Higher is better."""

    found: dict[str, float]
    draws: dict[str, Floats]  # [resamples]


def score_variants(
    cells: Mapping[str, Sequence[Cell]], endpoints: Mapping[str, Endpoint], resamples: int, seed: int = 0
) -> dict[str, Scores]:
    """Return the scores of every variant: means over its trainings, one for each seed and fold.

    A resample draws trainings with replacement, and of each its test cases; all variants share the draws.
    """
    rng = np.random.default_rng(seed)
    sizes = {cell.part: len(cell.tested) for of in cells.values() for cell in of}
    parts = sorted(sizes)
    counts = {one: rng.multinomial(sizes[one], np.full(sizes[one], 1 / sizes[one]), resamples) for one in parts}
    times = rng.multinomial(len(parts), np.full(len(parts), 1 / len(parts)), resamples)
    return {name: _score(of, endpoints, counts, times) for name, of in cells.items()}


def mean_score(readings: Mapping[str, Reading], endpoints: Mapping[str, Endpoint]) -> dict[str, float]:
    """Return mean Dice and C of these cases."""
    once = np.ones((1, len(readings)))
    return {task: float(_one(readings, endpoints, once, task)[0]) for task in TASKS}


def _score(
    cells: Sequence[Cell],
    endpoints: Mapping[str, Endpoint],
    counts: Counts,
    times: NDArray[np.int64],
) -> Scores:
    ordered = sorted(cells, key=lambda cell: cell.part)
    found = [mean_score(cell.tested, endpoints) for cell in ordered]
    draws = {}
    for task in TASKS:
        drawn = np.stack(
            [_one(cell.tested, endpoints, counts[cell.part].astype(float), task) for cell in ordered], axis=1
        )
        weight = np.where(np.isnan(drawn), 0, times)
        total = weight.sum(axis=1)
        summed = np.where(weight > 0, weight * np.nan_to_num(drawn), 0).sum(axis=1)
        draws[task] = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    return Scores({task: _mean([one[task] for one in found]) for task in TASKS}, draws)


def _mean(scores: Sequence[float]) -> float:
    """Return the mean of what is known: a fold's few test cases may have no pair to order."""
    known = [score for score in scores if not np.isnan(score)]
    return float(np.mean(known)) if known else float("nan")


def _one(readings: Mapping[str, Reading], endpoints: Mapping[str, Endpoint], counts: Floats, task: str) -> Floats:
    """Return the score of each row of counts [resamples, cases]; NaN where there is none."""
    values = [one.dice if task == "segmentation" else one.log_hazard for one in readings.values()]
    known = np.array([value is not None for value in values])
    if task == "survival":
        known &= np.array([case_id in endpoints for case_id in readings])
    if not known.any():
        return np.full(len(counts), np.nan)
    value = np.array([value for value, keep in zip(values, known, strict=True) if keep], dtype=float)
    kept = counts[:, known]
    if task == "segmentation":
        mean: Floats = (kept @ value) / np.maximum(kept.sum(axis=1), 1)
        return mean
    seen = [endpoints[case_id] for case_id, keep in zip(readings, known, strict=True) if keep]
    outcomes = Outcomes(np.array([one.time_days for one in seen]), np.array([one.event for one in seen]))
    return resampled_concordance(outcomes, value, kept)
