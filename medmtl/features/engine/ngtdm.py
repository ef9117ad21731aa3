"""The five measures of the neighbouring grey tone difference matrix (Amadasun M and King R, IEEE SMC 19, 1989)."""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled

Floats = NDArray[np.float64]
TONES = ("Coarseness", "Contrast", "Busyness", "Complexity", "Strength")
FLAT = 1e6  # PyRadiomics' coarseness where no voxel differs from its neighbours


@compiled
def tone_differences(counts: Floats, distances: Floats, levels: Floats) -> Floats:
    """Return the five measures, in the order of their names, of the counts and summed distances of every level."""
    voxels, n = counts.sum(), levels.size
    share = counts / voxels
    weighted = (share * distances).sum()
    contrast, busy, complexity, strength = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        for j in range(n):
            apart = levels[i] - levels[j]
            contrast += share[i] * share[j] * apart * apart
            busy += abs(levels[i] * share[i] - levels[j] * share[j])
            both = share[i] + share[j]
            complexity += abs(apart) * (share[i] * distances[i] + share[j] * distances[j]) / both
            strength += both * apart * apart
    out = np.zeros(5)
    out[0] = 1.0 / weighted if weighted != 0.0 else FLAT
    if n > 1:
        out[1] = contrast * distances.sum() / voxels / (n * (n - 1))
    out[2] = weighted / busy if busy != 0.0 else 0.0
    out[3] = complexity / voxels
    out[4] = strength / distances.sum() if distances.sum() != 0.0 else 0.0
    return out
