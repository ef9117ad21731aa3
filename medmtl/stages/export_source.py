"""Finds the series that a predicted mask lies on, among the DICOM of the hospital."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from medmtl.dicom.archive import lent
from medmtl.dicom.found import IMAGES, FoundSeries, group_series, useless
from medmtl.dicom.groups import CaseBy, Group
from medmtl.dicom.series import Series, read_series
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.reorder import reordered
from medmtl.records import Image
from medmtl.stages.dicom_search import search


def find_cases(source: Path, by: CaseBy) -> dict[str, Group]:
    """Return the files of every case below the folder or in the archive, found and named as the import does."""
    return {group.case_id: group for group in search(source.resolve(), by, jobs=-1).groups}


def series_of(case_id: str, mask: Image, found: Mapping[str, Group], named: Sequence[str] = ()) -> tuple[Series, Image]:
    """Return the one series of the case whose voxels are the mask's, and the mask in the order of its slices.

    The CT is asked first, then the PET, on which a mask lies where there is no CT. Where one of the case's series is
    `named` by its UID, the others are not asked. Raises CaseError where no series
    fits, or several do.
    """
    images, reasons = _images(case_id, found), list[str]()
    images = [one for one in images if one.uid in named] or images
    for modality in IMAGES:
        fitting = [fit for one in images if one.first.modality == modality and (fit := _fit(one, mask, reasons))]
        if len(fitting) > 1:
            told = ", ".join(str(series.headers[0].SeriesInstanceUID) for series, _ in fitting)
            raise CaseError(
                case_id, f"one {modality} must fit the mask. Found {len(fitting)}: {told}; name it by --series UID."
            )
        if fitting:
            return fitting[0]
    raise CaseError(case_id, f"a series must lie on the mask's voxels. Found none: {'; '.join(reasons)}")


def _images(case_id: str, found: Mapping[str, Group]) -> Sequence[FoundSeries]:
    group = found.get(case_id)
    if group is None:
        raise CaseError(case_id, f"--dicom must hold the case. It holds {len(found)} others; is --case-by as imported?")
    if group.fault:
        raise CaseError(case_id, group.fault)
    images = [one for one in group_series(group.facts) if one.first.modality in IMAGES and not useless(one)]
    if not images:
        raise CaseError(case_id, "--dicom must hold a CT or PET of the case. It holds other files alone.")
    return images


def _fit(found: FoundSeries, mask: Image, reasons: list[str]) -> tuple[Series, Image] | None:
    try:
        with lent(found.files) as files:
            series = read_series(files, found.first.modality)
        return series, reordered(mask, series.image.grid)
    except MedmtlError as error:
        reasons.append(f"{found}: {error}")
        return None
