"""What was injected: the nuclide's half-life, the dose and whether it is FDG."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import Dataset

from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.tags import positive, text
from medmtl.errors import MedmtlError

MEGABECQUEREL_BELOW = 1e4  # doses cluster at 4e2 (in MBq) and 4e8 (in Bq); nothing lies between
SIMILAR = 0.1  # of the half-life: more is another unit or another nuclide
NUCLIDES = {  # half-life [s] by the SRT and SCT codes of DICOM's CID 4020 and by name
    "11c": (1221.8, {"C-105A1", "40565003"}),
    "13n": (597.9, {"C-107A1", "21576001"}),
    "15o": (122.24, {"C-B1038", "129504001"}),
    "18f": (6586.2, {"C-111A1", "77004003"}),
    "64cu": (45721.1, {"C-127A2", "3932008"}),
    "68ga": (4057.7, {"C-131A3", "35337001"}),
    "82rb": (75.45, {"C-159A2", "79197006"}),
    "89zr": (282276.0, {"C-168A4", "63360001"}),
    "124i": (360806.4, {"C-114A5", "40937006"}),
}
ELEMENTS = {"carbon": "c", "nitrogen": "n", "oxygen": "o", "fluorine": "f", "copper": "cu", "gallium": "ga"} | {
    "rubidium": "rb",
    "zirconium": "zr",
    "iodine": "i",
}
FDG = re.compile(r"fdg|fluorodeoxy|fludeoxy", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Tracer:
    """The dose at injection [Bq] and the half-life [s], the header's item they come from, and what to report."""

    dose_bq: float
    half_life_s: float
    item: Dataset
    notes: tuple[str, ...]

    @property
    def is_fdg(self) -> bool:
        """Whether the header names the tracer as FDG."""
        coded = [text(code, "CodeMeaning") for code in self.item.get("RadiopharmaceuticalCodeSequence") or []]
        return any(FDG.search(name) for name in (text(self.item, "Radiopharmaceutical"), *coded))


def read_tracer(header: Dataset, overrides: SuvOverrides) -> Tracer:
    """Return what was injected; raises MedmtlError where dose or half-life is not known. Neither is ever assumed."""
    sequence: Sequence[Dataset] = header.get("RadiopharmaceuticalInformationSequence") or []
    if len(sequence) > 1 or not (sequence or overrides.given):
        raise MedmtlError(f"RadiopharmaceuticalInformationSequence must have one item. Found {len(sequence)}")
    item = sequence[0] if sequence else Dataset()
    dose, notes = _dose(item, overrides)
    return Tracer(dose, _half_life(item, overrides), item, notes)


def _dose(item: Dataset, overrides: SuvOverrides) -> tuple[float, tuple[str, ...]]:
    if overrides.dose_bq is not None:
        return overrides.dose_bq, ()
    found = positive(item, "RadionuclideTotalDose")
    if found is None:
        raise MedmtlError("RadionuclideTotalDose must be given. Found none; give dose_bq in the table of endpoints")
    if found < MEGABECQUEREL_BELOW:
        return found * 1e6, (f"the dose of {found:g} is taken to be in MBq",)
    return found, ()


def _half_life(item: Dataset, overrides: SuvOverrides) -> float:
    """Return the header's half-life, checked against its nuclide, else the nuclide's."""
    if overrides.half_life_s is not None:
        return overrides.half_life_s
    given, known = positive(item, "RadionuclideHalfLife"), _of_nuclide(item)
    remedy = "give half_life_s in the table of endpoints"
    if given is None and known is None:
        raise MedmtlError(
            f"RadionuclideHalfLife or a known RadionuclideCodeSequence must be given. Found none; {remedy}"
        )
    if given is not None and known is not None and abs(given / known - 1) > SIMILAR:
        raise MedmtlError(f"RadionuclideHalfLife must be its nuclide's, {known:g} s. Found {given:g}; {remedy}")
    return given if given is not None else float(known or 0)


def _of_nuclide(item: Dataset) -> float | None:
    """Return the half-life of the coded nuclide, or None where code and name tell none or two."""
    codes = item.get("RadionuclideCodeSequence") or []
    found = {
        half_life
        for code in codes
        for name, (half_life, values) in NUCLIDES.items()
        if text(code, "CodeValue") in values or name == _plain(text(code, "CodeMeaning"))
    }
    return found.pop() if len(found) == 1 else None


def _plain(meaning: str) -> str:
    """Return 18f for ^18^Fluorine, 18F, F-18 and Fluorine-18."""
    mass, letters = "".join(re.findall(r"\d", meaning)), "".join(re.findall("[a-z]", meaning.lower()))
    return mass + ELEMENTS.get(letters, letters)
