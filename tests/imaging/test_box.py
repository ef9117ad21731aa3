import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.box import cut_to_box
from medmtl.imaging.image import to_sitk
from medmtl.records import Grid, Image

GRID = Grid((10, 12, 14), (2.0, 2.5, 3.0), (-5.0, 4.0, 100.0))
TURNED = Grid((10, 12, 14), (2.0, 2.5, 3.0), (-5.0, 4.0, 100.0), (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0))


def _image(grid: Grid) -> Image:
    return Image(np.arange(np.prod(grid.size), dtype=np.int32).reshape(grid.size[::-1]), grid)


@pytest.mark.parametrize(
    ("grid", "low", "high"),
    [(GRID, (-1.0, 9.0, 106.0), (7.0, 20.0, 121.0)), (TURNED, (-15.0, -16.0, 106.0), (-9.0, -4.0, 121.0))],
)
def test_what_is_cut_keeps_its_place_and_covers_the_box(
    grid: Grid, low: tuple[float, float, float], high: tuple[float, float, float]
) -> None:
    image = _image(grid)
    cut = cut_to_box(image, low, high)
    whole, part = to_sitk(image), to_sitk(cut)
    first, last = (0, 0, 0), tuple(n - 1 for n in part.GetSize())
    for index in (first, last):
        point = part.TransformIndexToPhysicalPoint(index)
        assert part.GetPixel(*index) == whole.GetPixel(*whole.TransformPhysicalPointToIndex(point))
    ends = np.sort(
        [part.TransformContinuousIndexToPhysicalPoint(e) for e in ([-0.5] * 3, [n + 0.5 for n in last])], axis=0
    )
    assert (ends[0] <= np.array(low) + 1e-9).all()
    assert (ends[1] >= np.array(high) - 1e-9).all()
    assert np.prod(cut.grid.size) < np.prod(grid.size)


def test_a_box_that_reaches_beyond_the_image_ends_where_it_does() -> None:
    cut = cut_to_box(_image(GRID), (-100.0, 0.0, 90.0), (0.0, 500.0, 110.0))
    assert (cut.grid.size, cut.grid.origin) == ((3, 12, 4), GRID.origin)


def test_a_margin_adds_voxels_on_every_side() -> None:
    low, high = (0.0, 15.0, 110.0), (3.0, 18.0, 115.0)
    small, large = (cut_to_box(_image(GRID), low, high, margin).grid for margin in (0, 2))
    assert np.subtract(large.size, small.size).tolist() == [4, 4, 4]


def test_a_box_beside_the_image_is_refused() -> None:
    with pytest.raises(MedmtlError, match="outside its grid"):
        cut_to_box(_image(GRID), (500.0, 0.0, 100.0), (600.0, 20.0, 110.0))
