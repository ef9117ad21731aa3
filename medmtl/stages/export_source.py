"""Finds the series that a predicted mask lies on, among the DICOM of the hospital."""

from collections.abc import Sequence

from medmtl.dicom.lookup import IMAGES, FoundSeries
from medmtl.dicom.series import Series, read_series
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.reorder import reordered
from medmtl.records import Image


def series_of(case_id: str, mask: Image, found: Sequence[FoundSeries]) -> tuple[Series, Image]:
    """Return the one series of the case whose voxels are the mask's, and the mask in the order of its slices.

    The CT is asked first, then the PET, on which a mask lies where there is no CT. Raises CaseError where no series
    fits, or several do.
    """
    own = [series for series in found if series.patient_id == case_id]
    if not own:
        known = len({series.patient_id for series in found})
        raise CaseError(case_id, f"--dicom must hold a series whose PatientID is the case's. Found {known} others.")
    reasons: list[str] = []
    for modality in IMAGES:
        fitting = [fit for one in own if one.modality == modality and (fit := _fit(one, mask, reasons))]
        if len(fitting) > 1:
            raise CaseError(case_id, f"one {modality} must fit the mask. Found {len(fitting)}: {_places(fitting)}.")
        if fitting:
            return fitting[0]
    raise CaseError(case_id, "a series must lie on the mask's voxels. Found none: " + "; ".join(reasons))


def _fit(found: FoundSeries, mask: Image, reasons: list[str]) -> tuple[Series, Image] | None:
    try:
        series = read_series(found.files, found.modality)
        return series, reordered(mask, series.image.grid)
    except MedmtlError as error:
        reasons.append(f"{found.modality}: {error}")
        return None


def _places(fitting: Sequence[tuple[Series, Image]]) -> str:
    return ", ".join(str(series.folder) for series, _ in fitting)
