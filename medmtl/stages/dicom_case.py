"""Converts one case from DICOM: PET to SUV, CT to HU, contours and segments to a mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.dicom.archive import FileRef, lent
from medmtl.dicom.fill import fill_contours
from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.readable import hushed
from medmtl.dicom.regions import DrawnMask
from medmtl.dicom.rtstruct import read_contours
from medmtl.dicom.seg import read_seg
from medmtl.dicom.series import read_series
from medmtl.dicom.suv import to_suv
from medmtl.imaging.image import write_image
from medmtl.imaging.resample import resample_labels
from medmtl.records import Grid, Image
from medmtl.stages.import_stamps import CaseImages

_LEAST, _MOST = np.iinfo(np.int16).min, np.iinfo(np.int16).max


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """One RTSTRUCT or SEG: the patterns of the labels to read from it; `on_pet` says on which image it was drawn."""

    ref: FileRef
    modality: str
    patterns: Mapping[str, str]
    on_pet: bool


@dataclass(frozen=True, slots=True)
class DicomCase:
    """The files of one case, and how they are to be converted; `labels` are the mask's, from 1 in this order."""

    pet: tuple[FileRef, ...]
    ct: tuple[FileRef, ...]
    drawn: tuple[DrawnFile, ...]
    labels: tuple[str, ...]
    overrides: SuvOverrides
    chosen: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[FileRef, ...]:
        """Every file that is read."""
        return (*self.pet, *self.ct, *(one.ref for one in self.drawn))


@dataclass(frozen=True, slots=True)
class _Space:
    """A grid, and the coordinate system that it lies in."""

    grid: Grid
    frame: str


def convert_case(case: DicomCase, destination: Path) -> CaseImages:
    """Write `pet.nii.gz` [SUV], `ct.nii.gz` [HU] and `mask.nii.gz` (on the CT's grid, else the PET's); one at a time.

    Raises MedmtlError where a series cannot be read or converted, or the contours do not fit.
    """
    with hushed():
        return _convert(case, {name: destination / f"{name}.nii.gz" for name in ("pet", "ct", "mask")})


def _convert(case: DicomCase, paths: Mapping[str, Path]) -> CaseImages:
    with lent(case.pet, paths["pet"].parent) as files:
        series = read_series(files, "PT")
        suv, conversion = to_suv(series, case.overrides)
    pet = _Space(suv.grid, series.frame_of_reference)
    notes = [*case.notes, *(f"PET: {note}" for note in (*series.notes, *conversion.notes))]
    del series  # an image is let go before the next is read
    write_image(suv, paths["pet"])
    del suv
    ct = None
    if case.ct:
        ct, told = _convert_ct(case.ct, paths["ct"])
        notes += told
    if case.drawn:
        mask, told = _mask(case, pet, ct)
        write_image(mask, paths["mask"])
        notes += told
    return CaseImages(
        pet=paths["pet"],
        ct=paths["ct"] if case.ct else None,
        mask=paths["mask"] if case.drawn else None,
        notes=tuple(notes),
        chosen=case.chosen,
        suv_branch=conversion.branch,
        suv_constants=conversion.constants,
    )


def _convert_ct(refs: Sequence[FileRef], path: Path) -> tuple[_Space, list[str]]:
    with lent(refs, path.parent) as files:
        series = read_series(files, "CT")
    space = _Space(series.image.grid, series.frame_of_reference)
    notes, image = [f"CT: {note}" for note in series.notes], _whole_numbers(series.image)
    del series
    write_image(image, path)
    return space, notes


def _whole_numbers(image: Image) -> Image:
    """Return HU as int16 where nothing is lost by it: half the size."""
    low, high = float(image.array.min()), float(image.array.max())
    if not (low >= _LEAST and high <= _MOST):
        return image
    whole = image.array.astype(np.int16)
    return Image(whole, image.grid) if np.array_equal(whole, image.array) else image


def _mask(case: DicomCase, pet: _Space, ct: _Space | None) -> tuple[Image, list[str]]:
    """Return the mask of all labels; where two overlap, the first keeps the voxel."""
    target = pet if ct is None else ct
    labels: NDArray[np.uint8] = np.zeros(target.grid.size[::-1], dtype=np.uint8)
    notes: list[str] = []
    for one in case.drawn:
        space = pet if one.on_pet else target
        drawn = _read(one, space)
        values = tuple(range(1, len(one.patterns) + 1))
        image = drawn.image if space is target else resample_labels(drawn.image, target.grid, values)
        if space is not target:
            notes.append(f"{', '.join(one.patterns)} drawn on the PET and resampled to the CT's grid")
        for value, label in enumerate(one.patterns, start=1):
            labels[(image.array == value) & (labels == 0)] = case.labels.index(label) + 1
        notes += drawn.notes
    return Image(labels, target.grid), notes


def _read(one: DrawnFile, space: _Space) -> DrawnMask:
    with lent([one.ref]) as (file,):
        if one.modality == "SEG":
            return read_seg(file, one.patterns, space.grid, space.frame)
        return fill_contours(read_contours(file, one.patterns), space.grid, space.frame)
