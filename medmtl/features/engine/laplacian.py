"""The Laplacian of Gaussian image, near a region alone, with the very numbers of ITK's recursive filter.

Per axis: the second derivative along it, then smoothing along the two others, each stored in single precision as there.
The coefficients approximate a Gaussian and its derivatives (Farnebäck G and Westin CF. Improving Deriche-style
recursive Gaussian filters. J Math Imaging Vis 2006; 26: 293), summed in the order of ITK's RecursiveGaussianImageFilter
(Insight Software Consortium, Apache-2.0), so that not a bit differs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, exp, sin

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.columns import image_names
from medmtl.features.engine.lines import add_within, filter_lines

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
LEAST_VOXELS = 4  # along each axis, for the recursion to begin
_DECAY = (-1.3932, -1.3732)
_FREQUENCY = (0.6681, 2.0787)
_GAUSSIAN = ((1.3530, 1.8151), (-0.3531, 0.0902))  # (a, b) of both terms
_SECOND_DERIVATIVE = ((-1.3563, 5.2318), (0.3446, -2.2355))


def laplacians(image: sitk.Image, sigmas: Sequence[float], kept: NDArray[np.int64]) -> Iterator[tuple[str, Singles]]:
    """Yield name and values [z, y, x] of the image of each sigma [mm] that it is large enough for, as PyRadiomics does.

    Only the box `kept` [z, y, x by first, beyond] is filled.
    """
    size, spacing = np.array(image.GetSize()[::-1]), np.array(image.GetSpacing()[::-1])
    values = sitk.GetArrayViewFromImage(image)
    for sigma in sigmas:
        if size.min() >= LEAST_VOXELS and sigma > 0 and (size >= np.ceil(sigma / spacing) + 1).all():
            yield image_names("LoG", {"sigma": [sigma]})[0], laplacian(values, spacing, float(sigma), kept)


def laplacian(image: NDArray[np.generic], spacing: Floats, sigma: float, kept: NDArray[np.int64]) -> Singles:
    """Return the scale-normalised Laplacian of Gaussian [z, y, x]; only the box `kept` [3, 2] is filled.

    `spacing` [mm] is (z, y, x), `sigma` in mm; the image has at least 4 voxels along each axis.
    """
    out = np.zeros(image.shape, dtype=np.float32)
    for axis in (2, 1, 0):  # x first, as there
        others = [other for other in (2, 1, 0) if other != axis]
        steps = [(axis, _second(sigma, float(spacing[axis])))]
        steps += [(other, _smooth(sigma, float(spacing[other]))) for other in others]
        add_within(out, _filtered(image, steps, kept), 1.0 / float(spacing[axis]) ** 2, kept)
    return out


def _filtered(image: NDArray[np.generic], steps: list[tuple[int, Floats]], kept: NDArray[np.int64]) -> Singles:
    """Filter along one axis after the other; each needs to be known only where a later one looks."""
    needed = np.array([[0, size] for size in image.shape], dtype=np.int64)
    work = np.empty(image.shape, dtype=np.float32)
    for number, (axis, coefficients) in enumerate(steps):
        needed[axis] = kept[axis]
        filter_lines(work if number else image, work, axis, needed, coefficients)
    return work


@dataclass(frozen=True, slots=True)
class _Series:
    """Coefficients of one approximation; s, d, e: their sum, and sums weighted by index and by its square."""

    values: tuple[float, float, float, float]

    @property
    def s(self) -> float:
        n0, n1, n2, n3 = self.values
        return n0 + n1 + n2 + n3

    @property
    def d(self) -> float:
        _, n1, n2, n3 = self.values
        return n1 + 2 * n2 + 3 * n3

    @property
    def e(self) -> float:
        _, n1, n2, n3 = self.values
        return n1 + 4 * n2 + 9 * n3


def _smooth(sigma: float, spacing: float) -> Floats:
    scale = sigma / spacing
    own = _recursion(scale)
    series = _series(scale, _GAUSSIAN)
    alpha = 2 * series.s / _sums(own)[0] - series.values[0]
    return _coefficients([n * (1.0 / alpha) for n in series.values], own)


def _second(sigma: float, spacing: float) -> Floats:
    scale = sigma / spacing
    own = _recursion(scale)
    sd, dd, ed = _sums(own)
    zero, two = _series(scale, _GAUSSIAN), _series(scale, _SECOND_DERIVATIVE)
    beta = -(2 * two.s - sd * two.values[0]) / (2 * zero.s - sd * zero.values[0])
    values = [b + beta * a for a, b in zip(zero.values, two.values, strict=True)]
    sn, dn, en = two.s + beta * zero.s, two.d + beta * zero.d, two.e + beta * zero.e
    alpha = en * sd * sd - ed * sn * sd - 2 * dn * dd * sd + 2 * dd * dd * sn
    alpha /= sd * sd * sd
    return _coefficients([n * (sigma * sigma / alpha) for n in values], own)


def _series(scale: float, terms: tuple[tuple[float, float], tuple[float, float]]) -> _Series:
    (a1, b1), (a2, b2) = terms
    sin1, sin2 = (sin(w / scale) for w in _FREQUENCY)
    cos1, cos2 = (cos(w / scale) for w in _FREQUENCY)
    exp1, exp2 = (exp(decay / scale) for decay in _DECAY)
    n1 = exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2)
    n1 += exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1)
    n2 = (a1 + a2) * cos2 * cos1
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2
    n2 *= 2 * exp1 * exp2
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2
    n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2)
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1)
    return _Series((a1 + a2, n1, n2, n3))


def _recursion(scale: float) -> tuple[float, float, float, float]:
    cos1, cos2 = (cos(w / scale) for w in _FREQUENCY)
    exp1, exp2 = (exp(decay / scale) for decay in _DECAY)
    d3 = -2 * cos1 * exp1 * exp2 * exp2
    d3 += -2 * cos2 * exp2 * exp1 * exp1
    d2 = 4 * cos2 * cos1 * exp1 * exp2
    d2 += exp1 * exp1 + exp2 * exp2
    return -2 * (exp2 * cos2 + exp1 * cos1), d2, d3, exp1 * exp1 * exp2 * exp2


def _sums(own: tuple[float, float, float, float]) -> tuple[float, float, float]:
    d1, d2, d3, d4 = own
    return 1.0 + d1 + d2 + d3 + d4, d1 + 2 * d2 + 3 * d3 + 4 * d4, d1 + 4 * d2 + 9 * d3 + 16 * d4


def _coefficients(near: list[float], own: tuple[float, float, float, float]) -> Floats:
    n0, n1, n2, n3 = near
    d1, d2, d3, d4 = own
    after = [n1 - d1 * n0, n2 - d2 * n0, n3 - d3 * n0, -d4 * n0]
    sn, sm, sd = n0 + n1 + n2 + n3, after[0] + after[1] + after[2] + after[3], _sums(own)[0]
    return np.array([*near, *after, *own, *(d * sn / sd for d in own), *(d * sm / sd for d in own)])
