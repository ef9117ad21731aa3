"""The body by which uptake is normalised: weight, lean and ideal body weight, surface.

Formulas: the IBSI-SUV manual (Vacha et al., 2026), after James (1976), Janmahasatian et al. (2005), Sugawara et al.
(1999) and Du Bois and Du Bois (1916).
"""

from dataclasses import dataclass

from pydicom import Dataset

from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.tags import positive, text
from medmtl.errors import MedmtlError

GRAMS_ABOVE = 1000.0  # no person weighs 1000 kg
METRES_BELOW = 3.0  # a height above it is in cm


@dataclass(frozen=True, slots=True)
class Body:
    """Weight [kg] and height [m] of a person; `sex` is M, F or O, for whom the mean of both formulas is taken."""

    weight_kg: float
    height_m: float
    sex: str

    def lean(self, kind: str) -> float:
        """Return the mass [kg] that SUVType `kind` normalises by: LBM, LBMJAMES128, LBMJANMA or IBW."""
        male, female = _FORMULAS[kind](self.weight_kg, self.height_m)
        found = {"M": male, "F": female}.get(self.sex, (male + female) / 2)
        if found <= 0:
            raise MedmtlError(f"Weight and height must give a mass above 0 for SUVType {kind}. Found {found:.1f} kg")
        return found

    @property
    def surface_m2(self) -> float:
        """The body's surface [m²] by Du Bois."""
        return float(0.007184 * self.weight_kg**0.425 * (self.height_m * 100) ** 0.725)


def weight_of(header: Dataset, overrides: SuvOverrides) -> float:
    """Return the weight [kg]; one above 1000 is in grams. Raises MedmtlError where it is not known."""
    found = overrides.weight_kg or positive(header, "PatientWeight")
    if found is None:
        raise MedmtlError("PatientWeight must be given. Found none; give weight_kg in the table of endpoints")
    return found / 1000 if found > GRAMS_ABOVE else found


def height_of(header: Dataset, overrides: SuvOverrides) -> float:
    """Return the height [m]; one of 3 or more is in centimetres. Raises MedmtlError where it is not known."""
    found = overrides.height_m or positive(header, "PatientSize")
    if found is None:
        raise MedmtlError("PatientSize must be given. Found none; give height_m in the table of endpoints")
    return found if found < METRES_BELOW else found / 100


def sex_of(header: Dataset, overrides: SuvOverrides) -> str:
    """Return M, F or O; raises MedmtlError where it is not known."""
    found = overrides.sex or text(header, "PatientSex").upper()
    if found not in {"M", "F", "O"}:
        raise MedmtlError(f"PatientSex must be M, F or O. Found {found!r}; give sex in the table of endpoints")
    return found


def _james(weight: float, height: float, of_men: float) -> tuple[float, float]:
    ratio = (weight / (height * 100)) ** 2
    return 1.10 * weight - of_men * ratio, 1.07 * weight - 148 * ratio


def _janma(weight: float, height: float) -> tuple[float, float]:
    index = weight / height**2
    return 9270 * weight / (6680 + 216 * index), 9270 * weight / (8780 + 244 * index)


def _ideal(_: float, height: float) -> tuple[float, float]:
    above = height * 100 - 152
    return 48.0 + 1.06 * above, 45.5 + 0.91 * above


_FORMULAS = {
    "LBM": lambda weight, height: _james(weight, height, 120),  # as DICOM defines LBM
    "LBMJAMES128": lambda weight, height: _james(weight, height, 128),
    "LBMJANMA": _janma,
    "IBW": _ideal,
}
