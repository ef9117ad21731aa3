"""Dice of a predicted and a reference mask, per case and pooled over cases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.evaluation.bootstrap import percentile_interval, resample_counts
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.records import Interval


@dataclass(frozen=True, slots=True)
class OverlapCounts:
    """Voxels of one case in the predicted mask, in the reference mask, and in both."""

    predicted: int
    reference: int
    both: int
    voxel_ml: float = 1.0  # volume of a voxel [mL]: cases of different grids are pooled by volume

    @property
    def dice(self) -> float:
        """Dice in [0, 1], larger is better; two empty masks agree, and score 1."""
        total = self.predicted + self.reference
        return 2 * self.both / total if total else 1.0


def dice(predicted: NDArray[np.generic], reference: NDArray[np.generic]) -> float:
    """Return the Dice of everything that is not 0 in two masks of one shape; 1 when both are empty."""
    return overlap_counts(predicted, reference).dice


def overlap_counts(predicted: NDArray[np.generic], reference: NDArray[np.generic]) -> OverlapCounts:
    """Count the voxels that are not 0. Raises MedmtlError when the masks differ in shape."""
    if predicted.shape != reference.shape:
        raise MedmtlError(f"Two masks must have one shape. Found {predicted.shape} and {reference.shape}.")
    first, second = predicted != 0, reference != 0
    return OverlapCounts(int(first.sum()), int(second.sum()), int((first & second).sum()))


def aggregated_dice(counts: Sequence[OverlapCounts]) -> float | None:
    """Return the Dice of the volumes of all cases pooled, so that large tumours weigh more; None without a case.

    It is 1 when every mask is empty. Source: Andrearczyk V et al., Overview of the HECKTOR challenge at MICCAI 2022,
    LNCS 13626, 2023 (DSCagg).
    """
    if not counts:
        return None
    return _pooled(_matrix(counts), np.ones((1, len(counts)))).item()


def dice_interval(counts: Sequence[OverlapCounts], settings: EvaluationSettings) -> Interval:
    """Return the mean over cases of the Dice per case, with its bootstrap interval over cases."""
    if not counts:
        return Interval(None, None, None, 0)
    per_case = np.array([case.dice for case in counts])
    draws = resample_counts(len(counts), settings) @ per_case / len(counts)
    return percentile_interval(float(per_case.mean()), draws, len(counts), settings)


def aggregated_dice_interval(counts: Sequence[OverlapCounts], settings: EvaluationSettings) -> Interval:
    """Return the aggregated Dice with its bootstrap interval over cases."""
    if not counts:
        return Interval(None, None, None, 0)
    draws = _pooled(_matrix(counts), resample_counts(len(counts), settings))
    return percentile_interval(aggregated_dice(counts), draws, len(counts), settings)


def _matrix(counts: Sequence[OverlapCounts]) -> NDArray[np.float64]:
    return np.array([case.voxel_ml * np.array([2 * case.both, case.predicted + case.reference]) for case in counts])


def _pooled(matrix: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    shared, total = (weights @ matrix).T
    return np.where(total > 0, shared / np.where(total > 0, total, 1.0), 1.0)
