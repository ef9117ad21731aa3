"""Interpolation by cubic splines, with ITK's numbers in a third of its time.

What costs is the recursion that turns values into coefficients (Unser M. Splines: a perfect fit for signal and image
processing. IEEE Signal Process Mag 1999; 16: 22, box 2), here many lines at once; ITK sums the splines.
"""

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.features.engine.jit import compiled
from medmtl.features.engine.lines import LANES, gather

Floats = NDArray[np.float64]
POLE = float(np.sqrt(3.0) - 2.0)
GAIN = (1.0 - POLE) * (1.0 - 1.0 / POLE)
HORIZON = int(np.ceil(np.log(1e-10) / np.log(abs(POLE))))  # as far as ITK looks for the first coefficient
REAL = (sitk.sitkFloat32, sitk.sitkFloat64)  # whole numbers are cut off by ITK in its own way


def interpolated(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Return the image at the points of a grid, in its own precision; 0 where the grid leaves the image."""
    if image.GetPixelID() not in REAL:
        return sitk.Resample(image, grid, sitk.Transform(), sitk.sitkBSpline, 0.0, image.GetPixelID())
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    decompose(values)
    coefficients = sitk.GetImageFromArray(values)
    del values  # as large as the image twice over
    coefficients.CopyInformation(image)
    return sitk.Resample(coefficients, grid, sitk.Transform(), sitk.sitkBSplineResampler, 0.0, image.GetPixelID())


@compiled
def decompose(values: Floats) -> None:
    """Turn values [z, y, x] into the coefficients of their cubic spline, mirrored at the borders."""
    for axis in (2, 1, 0):
        n, across, lane = values.shape[axis], 1 if axis == 0 else 0, 1 if axis == 2 else 2
        data = np.zeros((n, LANES))
        if n == 1:
            continue
        for j in range(values.shape[across]):
            for start in range(0, values.shape[lane], LANES):
                place = axis, j, start, min(start + LANES, values.shape[lane])
                gather(values, place, data)
                _decompose_lines(data)
                _put_back(data, place, values)


@compiled
def _put_back(data: Floats, place: tuple[int, int, int, int], values: Floats) -> None:
    axis, j, start, end = place
    if axis == 2:
        for k in range(start, end):
            for i in range(data.shape[0]):
                values[j, k, i] = data[i, k - start]
    else:
        for i in range(data.shape[0]):
            line = values[i, j] if axis == 0 else values[j, i]
            for k in range(start, end):
                line[k] = data[i, k - start]


@compiled
def _decompose_lines(data: Floats) -> None:
    n = data.shape[0]
    data *= GAIN
    _begin(data)
    for i in range(1, n):
        for k in range(LANES):
            data[i, k] += POLE * data[i - 1, k]
    for k in range(LANES):
        data[n - 1, k] = (POLE / (POLE * POLE - 1.0)) * (POLE * data[n - 2, k] + data[n - 1, k])
    for i in range(n - 2, -1, -1):
        for k in range(LANES):
            data[i, k] = POLE * (data[i + 1, k] - data[i, k])


@compiled
def _begin(data: Floats) -> None:
    n, power = data.shape[0], POLE
    if n > HORIZON:
        for i in range(1, HORIZON):
            data[0] += power * data[i]
            power *= POLE
        return
    back = POLE ** float(n - 1)
    data[0] += back * data[n - 1]
    back *= back * (1.0 / POLE)
    for i in range(1, n - 1):
        data[0] += (power + back) * data[i]
        power *= POLE
        back *= 1.0 / POLE
    data[0] /= 1.0 - power * power
