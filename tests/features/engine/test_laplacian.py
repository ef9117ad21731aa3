"""The Laplacian of Gaussian has ITK's numbers, bit for bit, wherever it is asked for."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics_phantoms import on_grid

from medmtl.features.engine.laplacian import laplacians

SHAPE = (11, 37, 46)


def _itk(image: sitk.Image, sigma: float) -> np.ndarray:
    log = sitk.LaplacianRecursiveGaussianImageFilter()
    log.SetNormalizeAcrossScale(True)
    log.SetSigma(sigma)
    return sitk.GetArrayFromImage(log.Execute(image))


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int16, np.uint8])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.9765625, 1.3, 3.27)])
def test_every_value_is_that_of_itk(spacing: tuple[float, float, float], kind: type) -> None:
    image = on_grid(np.random.default_rng(2).normal(90, 30, SHAPE).clip(0, 200).astype(kind), spacing)
    whole = np.array([[0, size] for size in SHAPE])
    for name, values in laplacians(image, [0.5, 2.0, 3.0], whole):
        assert np.array_equal(values, _itk(image, float(name[10:13].replace("-", "."))))


def test_the_box_alone_is_filled_with_the_values_of_the_whole() -> None:
    image = on_grid(np.random.default_rng(3).normal(0, 30, SHAPE).astype(np.float32), (2.0, 2.0, 2.5))
    box = np.array([[2, 9], [5, 36], [40, 45]])
    ((_, values),) = laplacians(image, [2.0], box)
    inside = tuple(slice(*span) for span in box)
    assert np.array_equal(values[inside], _itk(image, 2.0)[inside])
    assert np.count_nonzero(values) == values[inside].size


def test_an_image_too_small_for_a_sigma_has_none() -> None:
    image = on_grid(np.ones((4, 20, 20), np.float32), (1.0, 1.0, 1.0))
    whole = np.array([[0, 4], [0, 20], [0, 20]])
    assert [name for name, _ in laplacians(image, [3.0, 3.5, -1.0], whole)] == ["log-sigma-3-0-mm-3D"]
    assert not list(laplacians(image[:, :, :3], [1.0], whole))
