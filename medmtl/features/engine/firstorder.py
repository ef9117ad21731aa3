"""First-order statistics of the values in a region, as PyRadiomics has them."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.emphasis import EPSILON
from medmtl.features.engine.jit import compiled

Floats = NDArray[np.float64]


def first_order(values: Floats, counts: Floats, voxel_mm3: float, shift: float) -> dict[str, float]:
    """Return all statistics of the values [n]; `counts` are voxels per grey level, `shift` is added for energies."""
    low, quarter, median, three_quarters, high = np.percentile(values, (10, 25, 50, 75, 90)).tolist()
    mean, share = float(values.mean()), counts / counts.sum()
    second, third, fourth, absolute, squares = _moments(values, mean, float(shift))
    smallest, largest = float(values.min()), float(values.max())
    scale = second or 1.0
    return {
        "Energy": squares,
        "TotalEnergy": squares * voxel_mm3,
        "Entropy": float(-(share * np.log2(share + EPSILON)).sum()),
        "Minimum": smallest,
        "10Percentile": low,
        "90Percentile": high,
        "Maximum": largest,
        "Mean": mean,
        "Median": median,
        "InterquartileRange": three_quarters - quarter,
        "Range": largest - smallest,
        "MeanAbsoluteDeviation": absolute,
        "RobustMeanAbsoluteDeviation": _robust_deviation(values, low, high),
        "RootMeanSquared": float(np.sqrt(squares / values.size)),
        "StandardDeviation": float(np.sqrt(second)),
        "Skewness": third / scale**1.5,
        "Kurtosis": fourth / scale**2.0,
        "Variance": second,
        "Uniformity": float((share**2).sum()),
    }


@compiled
def _moments(values: Floats, mean: float, shift: float) -> tuple[float, float, float, float, float]:
    second, third, fourth, absolute, squares = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(values.size):
        apart = values[k] - mean
        square = apart * apart
        second += square
        third += square * apart
        fourth += square * square
        absolute += abs(apart)
        squares += (values[k] + shift) ** 2
    n = values.size
    return second / n, third / n, fourth / n, absolute / n, squares


@compiled
def _robust_deviation(values: Floats, low: float, high: float) -> float:
    total, n = 0.0, 0
    for k in range(values.size):
        if low <= values[k] <= high:
            total += values[k]
            n += 1
    if n == 0:
        return np.nan
    mean, apart = total / n, 0.0
    for k in range(values.size):
        if low <= values[k] <= high:
            apart += abs(values[k] - mean)
    return apart / n
