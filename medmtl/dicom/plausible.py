"""Whether an SUV image can be one."""

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError

PERCENTILE = 95.0  # above air and noise, below a bladder in the middle
USUAL = (0.1, 30.0)  # of that percentile in the middle of a body
POSSIBLE = (0.01, 300.0)  # beyond it a unit is wrong by a power of ten


def check_plausible(suv: NDArray[np.float32]) -> tuple[float, tuple[str, ...]]:
    """Return the 95th percentile of the middle half of the image [z, y, x] along each axis, and notes.

    It is noted outside 0.1 to 30 g/mL; outside 0.01 to 300 MedmtlError is raised, as some constant must be wrong.
    """
    middle = suv[tuple(slice(size // 4, size - size // 4) for size in suv.shape)]
    found = float(np.percentile(middle, PERCENTILE))
    if not np.isfinite(suv).all() or not POSSIBLE[0] <= found <= POSSIBLE[1]:
        raise MedmtlError(
            f"The SUV in the middle of the image must be {POSSIBLE[0]:g} to {POSSIBLE[1]:g} (95th percentile). "
            f"Found {found:.3g}; check units, weight and dose"
        )
    usual = USUAL[0] <= found <= USUAL[1]
    return found, () if usual else (f"the SUV in the middle of the image is unusual: {found:.3g} (95th percentile)",)
