"""The sixteen measures that runs, zones and dependences share, of a matrix of grey levels against sizes."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled

Floats = NDArray[np.float64]
EPSILON = float(np.spacing(1))  # PyRadiomics adds it within every logarithm

RUNS = (
    "ShortRunEmphasis",
    "LongRunEmphasis",
    "GrayLevelNonUniformity",
    "GrayLevelNonUniformityNormalized",
    "RunLengthNonUniformity",
    "RunLengthNonUniformityNormalized",
    "RunPercentage",
    "GrayLevelVariance",
    "RunVariance",
    "RunEntropy",
    "LowGrayLevelRunEmphasis",
    "HighGrayLevelRunEmphasis",
    "ShortRunLowGrayLevelEmphasis",
    "ShortRunHighGrayLevelEmphasis",
    "LongRunLowGrayLevelEmphasis",
    "LongRunHighGrayLevelEmphasis",
)
ZONES = (
    "SmallAreaEmphasis",
    "LargeAreaEmphasis",
    "GrayLevelNonUniformity",
    "GrayLevelNonUniformityNormalized",
    "SizeZoneNonUniformity",
    "SizeZoneNonUniformityNormalized",
    "ZonePercentage",
    "GrayLevelVariance",
    "ZoneVariance",
    "ZoneEntropy",
    "LowGrayLevelZoneEmphasis",
    "HighGrayLevelZoneEmphasis",
    "SmallAreaLowGrayLevelEmphasis",
    "SmallAreaHighGrayLevelEmphasis",
    "LargeAreaLowGrayLevelEmphasis",
    "LargeAreaHighGrayLevelEmphasis",
)
DEPENDENCES = (
    "SmallDependenceEmphasis",
    "LargeDependenceEmphasis",
    "GrayLevelNonUniformity",
    "GrayLevelNonUniformityNormalized",
    "DependenceNonUniformity",
    "DependenceNonUniformityNormalized",
    "DependencePercentage",
    "GrayLevelVariance",
    "DependenceVariance",
    "DependenceEntropy",
    "LowGrayLevelEmphasis",
    "HighGrayLevelEmphasis",
    "SmallDependenceLowGrayLevelEmphasis",
    "SmallDependenceHighGrayLevelEmphasis",
    "LargeDependenceLowGrayLevelEmphasis",
    "LargeDependenceHighGrayLevelEmphasis",
)


@compiled
def emphases(counts: Floats, levels: Floats, sizes: Floats) -> Floats:
    """Return the sixteen measures, in the order of the names above, of counts [levels, sizes]; NaN where all are 0.

    Thibault G et al., IPRIS 2009 (zones); Galloway MM, 1975 (runs); Sun C and Wee WG, 1983 (dependences).
    """
    out = np.full(16, np.nan)
    by_level, by_size = counts.sum(axis=1), counts.sum(axis=0)
    total = by_level.sum()
    if total == 0.0:
        return out
    out[:] = 0.0
    mean_level = (by_level / total * levels).sum()
    mean_size = (by_size / total * sizes).sum()
    for i in range(levels.size):
        square = levels[i] * levels[i]
        out[2] += by_level[i] * by_level[i]
        out[7] += by_level[i] / total * (levels[i] - mean_level) ** 2
        out[10] += by_level[i] / square
        out[11] += by_level[i] * square
        for j in range(sizes.size):
            count = counts[i, j]
            if count != 0.0:
                size = sizes[j] * sizes[j]
                share = count / total
                out[9] -= share * np.log2(share + EPSILON)
                out[12] += count / (square * size)
                out[13] += count * square / size
                out[14] += count * size / square
                out[15] += count * size * square
    voxels = 0.0
    for j in range(sizes.size):
        size = sizes[j] * sizes[j]
        out[0] += by_size[j] / size
        out[1] += by_size[j] * size
        out[4] += by_size[j] * by_size[j]
        out[8] += by_size[j] / total * (sizes[j] - mean_size) ** 2
        voxels += by_size[j] * sizes[j]
    out[3], out[5], out[6] = out[2] / (total * total), out[4] / (total * total), total / voxels
    for k in (0, 1, 2, 4, 10, 11, 12, 13, 14, 15):
        out[k] /= total
    return out
