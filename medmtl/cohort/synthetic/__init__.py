"""Synthetic PET/CT cases of the head and neck whose hazard is known, so that a pipeline has an answer to be held to."""

from medmtl.cohort.synthetic.hazard import COLUMNS, FORMULA, Coefficients, Traits, log_hazard
from medmtl.cohort.synthetic.phantom import ENDPOINT, Phantom, make_case
from medmtl.cohort.synthetic.settings import CENTRES, PhantomSettings, ScannerSettings

__all__ = [
    "CENTRES",
    "COLUMNS",
    "ENDPOINT",
    "FORMULA",
    "Coefficients",
    "Phantom",
    "PhantomSettings",
    "ScannerSettings",
    "Traits",
    "log_hazard",
    "make_case",
]
