"""The same voxels in another order are found again; other voxels are refused, never resampled."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)

from medmtl.errors import MedmtlError
from medmtl.imaging.image import from_sitk, to_sitk
from medmtl.imaging.reorder import reordered
from medmtl.records import Grid, Image

TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
GRID = Grid((6, 5, 4), (1.0, 2.0, 3.0), (10.0, -20.0, 30.0), tuple((TURN * np.sign(np.linalg.det(TURN))).ravel()))
MASK = Image(np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.uint8), GRID)


def orders() -> Iterator[Image]:
    for order, flips in product(permutations(range(3)), product((False, True), repeat=3)):
        yield from_sitk(sitk.Flip(sitk.PermuteAxes(to_sitk(MASK), order), flips))


def test_every_order_of_the_axes_is_brought_back() -> None:
    found = list(orders())
    assert len(found) == 48
    for mask in found:
        back = reordered(mask, GRID)
        np.testing.assert_array_equal(back.array, MASK.array)
        assert back.grid == GRID


def test_the_rounding_of_nifti_makes_no_difference() -> None:
    rounded = replace(
        GRID,
        origin=tuple(float(np.float32(value)) for value in GRID.origin),
        spacing=tuple(float(np.float32(value * (1 + 1e-7))) for value in GRID.spacing),
        direction=tuple(float(np.float32(value)) for value in GRID.direction),
    )
    np.testing.assert_array_equal(reordered(Image(MASK.array, rounded), GRID).array, MASK.array)


@pytest.mark.parametrize(
    "grid",
    [
        replace(GRID, origin=(10.1, -20.0, 30.0)),
        replace(GRID, spacing=(1.02, 2.0, 3.0)),
        replace(GRID, spacing=(2.0, 4.0, 6.0)),
        replace(GRID, direction=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
    ],
)
def test_other_voxels_are_refused(grid: Grid) -> None:
    with pytest.raises(MedmtlError, match=r"must lie on the grid .* is not resampled"):
        reordered(Image(MASK.array, grid), GRID)


def test_a_part_of_the_grid_is_refused() -> None:
    part = Image(MASK.array[:3], replace(GRID, size=(6, 5, 3)))
    with pytest.raises(MedmtlError, match="is not resampled"):
        reordered(part, GRID)
