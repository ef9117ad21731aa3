import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import points_at
from medmtl.imaging.upright import along_grid, patient_axes, upright
from medmtl.records import Grid, Image

SAGITTAL = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # x to the posterior, y to the inferior, z to the right


def test_the_axes_of_a_sagittal_series_are_found_by_its_directions() -> None:
    grid = Grid((4, 5, 6), (1.0, 2.0, 3.0), (0.0, 0.0, 0.0), SAGITTAL)
    assert patient_axes(grid) == ((2, 0, 1), (-1, 1, -1))
    np.testing.assert_array_equal(along_grid(np.array([30.0, 10.0, 20.0]), grid), (10, 20, 30))


def test_upright_voxels_stay_where_they_are() -> None:
    grid = Grid((4, 5, 6), (1.0, 2.0, 3.0), (7.0, 8.0, 9.0), SAGITTAL)
    image = Image(np.arange(120).reshape(6, 5, 4).astype(np.int16), grid)
    found = upright(image)
    assert patient_axes(found.grid) == ((0, 1, 2), (1, 1, 1))
    for value in (0, 17, 119):
        one, other = (np.argwhere(each.array == value)[:, ::-1].astype(float) for each in (image, found))
        np.testing.assert_allclose(points_at(image.grid, one), points_at(found.grid, other))


@pytest.mark.parametrize(("degrees", "refused"), [(0, False), (36, False), (38, True), (45, True)])
def test_a_grid_may_lean_by_37_degrees(degrees: int, refused: bool) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, c, -s, 0.0, s, c))
    if refused:
        with pytest.raises(MedmtlError, match="resample the CT to upright axes"):
            patient_axes(grid)
    else:
        assert patient_axes(grid) == ((0, 1, 2), (1, 1, 1))
