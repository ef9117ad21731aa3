"""The patient's axes in a grid: left, posterior and superior by the direction matrix, never by the array's order."""

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.imaging.image import from_sitk, to_sitk
from medmtl.records import Grid, Image

_MIN_COSINE = 0.8  # an axis may lean by 37 degrees; beyond that it is soon as near to another of the patient's


def patient_axes(grid: Grid) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return which axis of the grid (0 to 2: x, y, z) runs along the patient's left, posterior and superior.

    With it goes 1 where that axis points there, and -1 where it points right, anterior or inferior (ITK's LPS).
    Raises MedmtlError where an axis leans too far to be called any of them.
    """
    cosines = np.array(grid.direction).reshape(3, 3)
    nearest = np.abs(cosines).argmax(axis=1)
    along = cosines[np.arange(3), nearest]
    if len(set(nearest.tolist())) < 3 or np.abs(along).min() < _MIN_COSINE:
        leans = round(float(np.degrees(np.arccos(np.clip(np.abs(along).min(), 0, 1)))))
        raise MedmtlError(
            f"An oblique grid must lie within 37 degrees of the patient's axes for a region to be found. "
            f"Found one that leans by {leans}; resample the CT to upright axes, or use the region Whole."
        )
    (x, y, z), (i, j, k) = nearest.tolist(), np.sign(along).astype(int).tolist()
    return (x, y, z), (i, j, k)


def along_grid(values: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return lengths given for left-right, anterior-posterior, inferior-superior in the order of the grid's axes."""
    axes, _ = patient_axes(grid)
    return np.array(values)[np.argsort(axes)]


def upright(image: Image) -> Image:
    """Return the same voxels with x to the left, y to the posterior and z to the superior, as nearly as axes go."""
    patient_axes(image.grid)
    return from_sitk(sitk.DICOMOrient(to_sitk(image), "LPS"))
