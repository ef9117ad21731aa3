"""What a comparison found: scores, transfer from single tasks and delta_m, with intervals, variant by variant."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.comparison.cell import Cell
from medmtl.comparison.draws import TASKS, Scores, mean_score, score_variants
from medmtl.records import Endpoint

Floats = NDArray[np.float64]
LEVEL = 0.95


def make_table(
    cells: Mapping[str, Sequence[Cell]], endpoints: Mapping[str, Endpoint], resamples: int = 1000
) -> pd.DataFrame:
    """Return one row per baseline and variant.

    `delta_m` is the mean over the tasks of the change from the single task's score in percent, positive = better
    (Maninis et al., CVPR 2019; Vandenhende et al., 2021). `transfer` is that change task by task, in the score's own
    unit; where its interval lies below 0, the transfer is negative and said to be so. `gap` is training less test.
    """
    scores = score_variants(cells, endpoints, resamples)
    return pd.DataFrame([_row(name, cells[name], scores, endpoints) for name in cells])


def delta_m(scores: Mapping[str, Floats], baselines: Mapping[str, Floats]) -> Floats:
    """Return the mean over the tasks of 100 (score - baseline) / baseline; NaN where a baseline is 0."""
    changes = []
    for task in TASKS:
        base = np.where(baselines[task] == 0, np.nan, baselines[task])
        changes.append(100 * (scores[task] - base) / base)
    found: Floats = np.mean(changes, axis=0)
    return found


def _row(
    name: str, cells: Sequence[Cell], scores: Mapping[str, Scores], endpoints: Mapping[str, Endpoint]
) -> dict[str, Any]:
    own = scores[name]
    row: dict[str, Any] = {"variant": name, "trainings": len(cells)}
    for task in TASKS:
        row |= _with_interval(task, own.found[task], own.draws[task])
    alone = {task: scores[task] for task in TASKS if task in scores}
    if name not in TASKS and len(alone) == len(TASKS):
        row |= _against(own, alone)
    row |= {f"{task}_gap": _gap(cells, endpoints, task) for task in TASKS}
    row |= {"seconds": float(np.median([cell.seconds for cell in cells])), "parameters": cells[0].parameters}
    return row


def _against(own: Scores, alone: Mapping[str, Scores]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for task in TASKS:
        draws = own.draws[task] - alone[task].draws[task]
        told = _with_interval(f"{task}_transfer", own.found[task] - alone[task].found[task], draws)
        row |= told | {f"{task}_negative": told[f"{task}_transfer_high"] < 0}
    found = delta_m(
        {k: np.array([v]) for k, v in own.found.items()}, {k: np.array([v.found[k]]) for k, v in alone.items()}
    )
    draws = delta_m(own.draws, {task: one.draws[task] for task, one in alone.items()})
    return row | _with_interval("delta_m", float(found[0]), draws)


def _with_interval(name: str, found: float, draws: Floats) -> dict[str, float]:
    known = draws[~np.isnan(draws)]
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(known) else (np.nan, np.nan)
    return {name: found, f"{name}_low": float(low), f"{name}_high": float(high)}


def _gap(cells: Sequence[Cell], endpoints: Mapping[str, Endpoint], task: str) -> float:
    pairs = [(mean_score(cell.trained, endpoints)[task], mean_score(cell.tested, endpoints)[task]) for cell in cells]
    return float(np.mean([trained - tested for trained, tested in pairs]))
