"""The measures of the grey level co-occurrence matrix (Haralick RM et al., IEEE SMC 3, 1973), as PyRadiomics does."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.emphasis import EPSILON
from medmtl.features.engine.jit import compiled
from medmtl.features.engine.mcc import maximal_correlations

Floats = NDArray[np.float64]
PAIRS = (
    "Autocorrelation",
    "JointAverage",
    "ClusterProminence",
    "ClusterShade",
    "ClusterTendency",
    "Contrast",
    "Correlation",
    "DifferenceAverage",
    "DifferenceEntropy",
    "DifferenceVariance",
    "JointEnergy",
    "JointEntropy",
    "Imc1",
    "Imc2",
    "Idm",
    "Idmn",
    "Id",
    "Idn",
    "InverseVariance",
    "MaximumProbability",
    "SumAverage",
    "SumEntropy",
    "SumSquares",
    "MCC",
)


def pair_measures(matrices: Floats, levels: Floats, with_mcc: bool = True, top: int = 0) -> dict[str, float]:
    """Return the measures of matrices of counts [directions, levels, levels], averaged over those that are not empty.

    `levels` are the grey levels that occur; `top` is the highest there can be, by default the highest of them, and
    scales Idn and Idmn. All are NaN where every direction is empty.
    """
    totals = matrices.sum(axis=(1, 2))
    occurring = totals > 0
    if not occurring.any():
        return dict.fromkeys(PAIRS, np.nan) | _of_nothing(levels.size, len(matrices))
    joints = matrices[occurring] / totals[occurring, None, None]
    rows = np.array([_measures(joint, levels, top or int(levels[-1])) for joint in joints])
    values = [_mean(column) for column in rows.T]
    mcc = _mean(maximal_correlations(joints)) if with_mcc else np.nan
    return dict(zip(PAIRS, [*values, mcc], strict=True))


def _of_nothing(levels: int, directions: int) -> dict[str, float]:
    """Return what PyRadiomics gives of one level without a pair: 1 or 0 by how its arrays happen to reduce."""
    if levels > 1:
        return {}
    return {"InverseVariance": 0.0} if directions == 1 else {"MCC": 1.0}


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


@compiled
def _measures(joint: Floats, levels: Floats, top: int) -> Floats:
    n = levels.size
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    mean_row, mean_column = (rows * levels).sum(), (columns * levels).sum()
    out = np.zeros(23)
    sums, differences = np.zeros(2 * top + 1), np.zeros(top)
    entropy, cross, product = 0.0, 0.0, 0.0
    spread_row, spread_column, shared = 0.0, 0.0, 0.0
    for i in range(n):
        a = levels[i] - mean_row
        spread_row += rows[i] * a * a
        spread_column += columns[i] * (levels[i] - mean_column) ** 2
        for j in range(n):
            expected = rows[i] * columns[j]
            if expected == 0.0:
                continue
            logarithm = np.log2(expected + EPSILON)
            product -= expected * logarithm
            p = joint[i, j]
            if p == 0.0:
                continue
            cross -= p * logarithm
            entropy -= p * np.log2(p + EPSILON)
            b = levels[j] - mean_column
            sums[int(levels[i] + levels[j])] += p
            differences[int(abs(levels[i] - levels[j]))] += p
            both = a + b
            out[0] += p * levels[i] * levels[j]
            out[2] += p * both * both * both * both
            out[3] += p * both * both * both
            out[4] += p * both * both
            shared += p * a * b
            out[10] += p * p
            out[19] = max(out[19], p)
    out[1], out[11], out[22] = mean_row, entropy, spread_row
    spread = np.sqrt(spread_row) * np.sqrt(spread_column)
    out[6] = shared / (spread + EPSILON) if spread != 0.0 else 1.0
    _of_marginals(out, sums, differences, top)
    _of_information(out, rows, columns, (entropy, cross, product))
    return out


@compiled
def _of_marginals(out: Floats, sums: Floats, differences: Floats, top: int) -> None:
    for k in range(top):
        p = differences[k]
        out[5] += p * k * k
        out[7] += p * k
        out[8] -= p * np.log2(p + EPSILON)
        out[14] += p / (1.0 + k * k)
        out[15] += p / (1.0 + k * k / (top * top))
        out[16] += p / (1.0 + k)
        out[17] += p / (1.0 + k / top)
        if k:
            out[18] += p / (k * k)
    for k in range(top):
        out[9] += differences[k] * (k - out[7]) ** 2
    for k in range(2, sums.size):
        out[20] += sums[k] * k
        out[21] -= sums[k] * np.log2(sums[k] + EPSILON)


@compiled
def _of_information(out: Floats, rows: Floats, columns: Floats, entropies: tuple[float, float, float]) -> None:
    joint, cross, product = entropies
    of_rows = -(rows * np.log2(rows + EPSILON)).sum()
    of_columns = -(columns * np.log2(columns + EPSILON)).sum()
    larger = max(of_rows, of_columns)
    out[12] = (joint - cross) / larger if larger != 0.0 else 0.0
    known = 1.0 - np.exp(-2.0 * (product - joint))
    out[13] = 0.0 if product == joint else np.sqrt(known) if known >= 0.0 else np.nan
