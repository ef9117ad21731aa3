"""PyRadiomics itself (van Griethuysen JJM et al., Cancer Res 77, 2017): its filters, names, and the whole as an oracle.

The only file that knows the library `radiomics`.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray
from radiomics import __version__ as pyradiomics_version
from radiomics import cMatrices, cShape, getFeatureClasses, imageoperations
from radiomics.featureextractor import RadiomicsFeatureExtractor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

__all__ = ["pyradiomics_version"]

_DEPRECATED_YET_GIVEN = {"StandardDeviation", "Compactness1", "Compactness2", "SphericalDisproportion"}


def default_setting() -> dict[str, Any]:
    """Return PyRadiomics' own default for every general setting."""
    defaults: dict[str, Any] = RadiomicsFeatureExtractor._getDefaultSettings()
    return defaults


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError in PyRadiomics' own words where it would refuse these parameters."""
    with quiet():
        try:
            RadiomicsFeatureExtractor(dict(parameters))
        except Exception as error:  # pykwalify's own tree of errors
            raise ValueError(str(error)) from None


def class_features(feature_class: str, named: Sequence[str] | None) -> list[str]:
    """Return the features of a class that give a column: all that are not deprecated, or those named."""
    known = _known_features(feature_class)
    if not named:
        return [name for name, deprecated in known.items() if not deprecated]
    return [name for name in known if name in named and (not known[name] or name in _DEPRECATED_YET_GIVEN)]


@cache
def _known_features(feature_class: str) -> Mapping[str, bool]:
    known: Mapping[str, bool] = getFeatureClasses()[feature_class].getFeatureNames()
    return known


def angles(
    size: Sequence[int], distances: Sequence[int], force_2d: bool, dimension: int, both: bool = False
) -> NDArray[np.int_]:
    """Return the offsets [n, 3] (z, y, x) to the neighbours that PyRadiomics counts, in its order."""
    found = cMatrices.generate_angles(np.array(size), np.array(distances), both, force_2d, dimension)
    return np.asarray(found, dtype=np.int_).reshape(-1, 3)


def normalised(image: sitk.Image, setting: Mapping[str, Any]) -> sitk.Image:
    """Return the image with mean 0 and standard deviation `normalizeScale`, as PyRadiomics makes it."""
    return imageoperations.normalizeImage(image, **setting)


def filtered(
    image_type: str, image: sitk.Image, mask: sitk.Image, options: Mapping[str, Any]
) -> Iterator[tuple[str, sitk.Image]]:
    """Yield the names and images of one image type; none where the image is too small for the filter."""
    images = getattr(imageoperations, f"get{image_type}Image")(image, mask, **options)
    while True:
        with quiet():  # only while PyRadiomics works, not while the caller does
            found = next(images, None)
        if found is None:
            return
        yield found[1], found[0]


def mesh(mask: NDArray[np.bool_], spacing: NDArray[np.float64]) -> tuple[float, float]:
    """Return surface and volume of the mesh around a small mask (z, y, x), by PyRadiomics' compiled tables."""
    area, volume, _ = cShape.calculate_coefficients(mask, spacing)
    return float(area), float(volume)


def execute(parameters: Mapping[str, Any], image: sitk.Image, mask: sitk.Image, label: int) -> dict[str, float]:
    """Return every feature that PyRadiomics gives, by its name. Its own errors pass."""
    with quiet(), threadpool_limits(1):  # more threads take up to 100 times as long over an eigenvalue of the GLCM
        extractor = RadiomicsFeatureExtractor(dict(parameters), additionalInfo=False)
        found = extractor.execute(image, mask, label=label)
    return {name: float(np.real(value)) for name, value in found.items()}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep PyRadiomics' log and warnings to itself: it divides by zero in places that it mends afterwards."""
    loggers = [logging.getLogger(name) for name in ("radiomics", "pykwalify")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
