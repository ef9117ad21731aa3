"""Lesions by connection, and the distances between them, against every pair counted."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from medmtl.features.lesions import lesions, spread

SPACING = (3.0, 2.0, 1.0)


def test_lesions_are_numbered_from_the_largest_and_a_corner_connects() -> None:
    inside = np.zeros((4, 4, 8), dtype=bool)
    inside[0, 0, 0] = True
    inside[1, 1, 4] = inside[2, 2, 5] = True
    numbered, count = lesions(inside)
    assert count == 2
    assert (numbered[0, 0, 0], numbered[1, 1, 4], numbered[2, 2, 5]) == (2, 1, 1)
    assert not numbered[~inside].any()


def test_dmax_is_the_largest_distance_of_two_centroids() -> None:
    inside = np.zeros((3, 3, 12), dtype=bool)
    inside[0, 0, 0:3] = True  # centroid at x = 1
    inside[0, 0, 11] = True
    assert spread(inside, SPACING) == pytest.approx({"n_lesions": 2, "dmax_mm": 10.0, "dmax_voxels_mm": 11.0})


@pytest.mark.parametrize("shape", [(6, 7, 8), (1, 9, 9), (1, 1, 9), (5, 1, 5), (2, 2, 2)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_largest_distance_of_voxels_is_that_of_every_pair(shape: tuple[int, int, int], seed: int) -> None:
    inside = np.random.default_rng(seed).random(shape) > 0.5
    expected = pdist(np.argwhere(inside) * SPACING).max(initial=0.0)
    assert spread(inside, SPACING)["dmax_voxels_mm"] == pytest.approx(expected, rel=1e-12)


def test_an_empty_mask_and_one_voxel_have_no_distance() -> None:
    nothing = np.zeros((3, 3, 3), dtype=bool)
    one = nothing.copy()
    one[1, 1, 1] = True
    assert spread(nothing, SPACING) == {"n_lesions": 0, "dmax_mm": 0, "dmax_voxels_mm": 0}
    assert spread(one, SPACING) == {"n_lesions": 1, "dmax_mm": 0, "dmax_voxels_mm": 0}
