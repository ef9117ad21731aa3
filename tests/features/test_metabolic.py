"""What a clinic reports of a region, worked by hand."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.features.metabolic import measure_region
from medmtl.records import Grid, Image

GRID = Grid((4, 3, 2), (5.0, 5.0, 4.0), (0.0, 0.0, 0.0))  # voxels of 0.1 mL


def _pet(first: list[float]) -> Image:
    array = np.full((2, 3, 4), 1.0, dtype=np.float32)
    array[0, 0] = first
    return Image(array, GRID)


def _inside() -> np.ndarray:
    inside = np.zeros((2, 3, 4), dtype=bool)
    inside[0, 0] = True
    return inside


def test_volumes_above_the_thresholds_count_voxels_of_the_region_alone() -> None:
    found = measure_region(_pet([10.0, 4.0, 2.5, 4.2]), _inside(), _pet([0, 0, 0, 0]))
    assert found == pytest.approx(
        {
            "volume_ml": 0.4,
            "suv_max": 10.0,
            "suv_mean": 5.175,
            "tlg": 2.07,
            "mtv_41_percent_ml": 0.2,  # 4.1 and above
            "mtv_suv_2_5_ml": 0.4,  # the limit itself counts
            "mtv_suv_4_ml": 0.3,
        },
        rel=1e-6,
    )


def test_a_cold_region_has_no_volume_above_a_fixed_threshold() -> None:
    found = measure_region(_pet([1.0, 1.0, 1.0, 1.0]), _inside(), _pet([0, 0, 0, 0]))
    assert (found["mtv_suv_2_5_ml"], found["mtv_suv_4_ml"]) == (0.0, 0.0)
    assert found["mtv_41_percent_ml"] == pytest.approx(0.4)


def test_a_pet_that_is_not_finite_or_does_not_reach_is_refused() -> None:
    with pytest.raises(MedmtlError, match="finite"):
        measure_region(_pet([np.nan, 1.0, 1.0, 1.0]), _inside(), _pet([0, 0, 0, 0]))
    far = Image(np.ones((2, 3, 4), dtype=np.float32), Grid(GRID.size, GRID.spacing, (100.0, 0.0, 0.0)))
    with pytest.raises(MedmtlError, match="within the PET"):
        measure_region(far, _inside(), _pet([0, 0, 0, 0]))
