"""Interpolation has ITK's numbers, bit for bit, on lines long and short."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics_phantoms import on_grid

from medmtl.features.engine.spline import interpolated


@pytest.mark.parametrize("shape", [(25, 40, 41), (5, 17, 19), (2, 18, 3), (1, 30, 20)])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16])
def test_every_value_is_that_of_itk(shape: tuple[int, int, int], kind: type) -> None:
    values = np.random.default_rng(5).normal(0, 300, shape).astype(kind)
    image = on_grid(values, (0.9765625, 1.1, 3.27))
    image.SetOrigin((-17.3, 22.1, 5.7))
    grid = sitk.Image([12, 13, 14], sitk.sitkUInt8)
    grid.SetSpacing((2.0, 2.0, 2.0))
    grid.SetOrigin((-19.1, 23.0, 4.9))  # begins outside the image
    found = interpolated(image, grid)
    by_itk = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkBSpline, 0.0, image.GetPixelID())
    assert found.GetPixelID() == by_itk.GetPixelID()
    assert found.GetOrigin() == by_itk.GetOrigin()
    assert np.array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(by_itk))
    assert np.count_nonzero(sitk.GetArrayViewFromImage(found))
