"""What a synthetic cohort is asked to be: how many cases, from which scanners, with how much missing."""

from dataclasses import dataclass

from medmtl.errors import MedmtlError


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """How one centre's scanner differs from the truth, in mm, HU and SUV [g/mL].

    `pet_scale` multiplies the uptake (calibration, recovery); `pet_fwhm` is its resolution; `pet_noise` is the standard
    deviation at SUV 1, which grows with the root of the SUV.
    """

    centre: str
    ct_spacing: float
    ct_offset: float
    ct_noise: float
    pet_spacing: float
    pet_scale: float
    pet_fwhm: float
    pet_noise: float


CENTRES = (
    ScannerSettings("Aldgate", 3.0, 0.0, 10.0, 4.5, 1.00, 6.0, 0.12),
    ScannerSettings("Borrow", 2.5, -6.0, 14.0, 4.0, 1.08, 5.0, 0.18),
    ScannerSettings("Coldham", 3.0, 7.0, 8.0, 5.0, 0.90, 7.0, 0.10),
    ScannerSettings("Derwent", 2.75, 3.0, 12.0, 4.0, 0.96, 6.5, 0.15),
)


@dataclass(frozen=True, slots=True)
class PhantomSettings:
    """A synthetic cohort; case i depends on the seed and i only, however many cases are made.

    `field_mm` is the edge of the CT's cube; the PET's is wider. The `missing_` fractions say how often a case lacks
    its mask, its endpoint, or one clinical value.
    """

    n_cases: int = 108
    seed: int = 3
    centres: tuple[ScannerSettings, ...] = CENTRES
    field_mm: float = 150.0
    missing_mask: float = 0.04
    missing_endpoint: float = 0.03
    missing_clinical: float = 0.05

    def __post_init__(self) -> None:
        if self.n_cases < 1 or not self.centres:
            raise MedmtlError(f"Phantoms need a case and a centre. Found {self.n_cases}, {len(self.centres)}.")
        if not 120 <= self.field_mm <= 200:
            raise MedmtlError(f"The phantoms' field must be 120 to 200 mm, to hold the neck. Found {self.field_mm}.")
