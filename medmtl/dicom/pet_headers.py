"""What must hold of the headers of a PET before its values can be turned into SUV."""

from collections.abc import Sequence
from pathlib import Path

from pydicom import Dataset

from medmtl.dicom.tags import number, text, words
from medmtl.errors import MedmtlError

ALIKE = ("Units", "SUVType", "DecayCorrection", "PatientWeight", "PatientSize", "PatientSex", "Manufacturer")
OF_TRACER = (
    "RadionuclideTotalDose",
    "RadionuclideHalfLife",
    "RadiopharmaceuticalStartDateTime",
    "RadiopharmaceuticalStartTime",
)


def check_pet(headers: Sequence[Dataset], files: Sequence[Path]) -> None:
    """Raise MedmtlError unless this is one corrected PET at one time, told alike in every slice.

    What is read from the first slice must be the same in all: tags of the patient, the tracer and the units.
    """
    first = _told(headers[0])
    for header, file in zip(headers, files, strict=True):
        for name, value in _told(header).items():
            if value != first[name]:
                found = f"{first[name] or 'none'} in {files[0].name} and {value or 'none'} in {file.name}"
                raise MedmtlError(f"{name} must be the same in every slice. Found {found}")
        _check_scale(header, file)
    if {"DYNAMIC", "GATED"} & set(words(headers[0], "SeriesType")):
        raise MedmtlError("SeriesType must be STATIC or WHOLE BODY. Found a dynamic or gated series")
    _check_corrections(headers[0])


def _told(header: Dataset) -> dict[str, str]:
    tracer = (header.get("RadiopharmaceuticalInformationSequence") or [Dataset()])[0]
    return {name: text(header, name) for name in ALIKE} | {name: text(tracer, name) for name in OF_TRACER}


def _check_scale(header: Dataset, file: Path) -> None:
    intercept, slope = number(header, "RescaleIntercept") or 0.0, number(header, "RescaleSlope") or 0.0
    if intercept != 0:
        raise MedmtlError(f"RescaleIntercept of a PET must be 0. Found {intercept:g} in {file.name}")
    if slope <= 0:
        raise MedmtlError(f"RescaleSlope of a PET must be above 0. Found {slope:g} in {file.name}")


def _check_corrections(header: Dataset) -> None:
    """Attenuation must be corrected for; decay too, unless the series says that it is not and is no SUV yet."""
    uncorrected = text(header, "DecayCorrection") == "NONE" and text(header, "Units") != "GML"
    needed = ("ATTN",) if uncorrected else ("ATTN", "DECY")
    found = words(header, "CorrectedImage")
    lacking = [name for name in needed if name not in found]
    if lacking:
        told = f"{'/'.join(found) or 'none'}, without {' and '.join(lacking)}"
        raise MedmtlError(f"CorrectedImage must name {' and '.join(needed)}. Found {told}")
