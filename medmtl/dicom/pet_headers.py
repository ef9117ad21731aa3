"""What must hold of the headers of a PET before its values can be turned into SUV."""

from collections.abc import Sequence

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


def check_pet(headers: Sequence[Dataset]) -> None:
    """Raise MedmtlError unless this is one corrected PET at one time, told alike in every slice.

    What is read from the first slice must be the same in all: tags of the patient, the tracer and the units.
    """
    first = headers[0]
    for header in headers:
        for name in ALIKE:
            if text(header, name) != text(first, name):
                raise MedmtlError(
                    f"{name} must be the same in every slice. Found {header.get(name)} and {first.get(name)}"
                )
        for name in OF_TRACER:
            if _of_tracer(header, name) != _of_tracer(first, name):
                raise MedmtlError(f"{name} must be the same in every slice. Found several")
        intercept, slope = number(header, "RescaleIntercept") or 0.0, number(header, "RescaleSlope") or 0.0
        if intercept != 0:
            raise MedmtlError(f"RescaleIntercept of a PET must be 0. Found {intercept:g}")
        if slope <= 0:
            raise MedmtlError(f"RescaleSlope of a PET must be above 0. Found {slope:g}")
    if {"DYNAMIC", "GATED"} & set(words(first, "SeriesType")):
        raise MedmtlError("SeriesType must be STATIC or WHOLE BODY. Found a dynamic or gated series")
    needed = (
        ("ATTN",) if text(first, "DecayCorrection") == "NONE" and text(first, "Units") != "GML" else ("ATTN", "DECY")
    )
    lacking = [name for name in needed if name not in words(first, "CorrectedImage")]
    if lacking:
        found = "/".join(words(first, "CorrectedImage")) or "none"
        raise MedmtlError(
            f"CorrectedImage must name {' and '.join(needed)}. Found {found}, without {' and '.join(lacking)}"
        )


def _of_tracer(header: Dataset, name: str) -> str:
    sequence = header.get("RadiopharmaceuticalInformationSequence") or [Dataset()]
    return text(sequence[0], name)
