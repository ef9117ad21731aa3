"""What each edition of HECKTOR publishes: its endpoint, its labels and its clinical columns.

Sources: the data pages and repositories of hecktor.grand-challenge.org, hecktor25 and hecktor26, and the organisers'
AIcrowd pages of 2020 and 2021.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from medmtl.errors import MedmtlError
from medmtl.records import ClinicalColumn, Scale

NO_YES = ("no", "yes")
_BASELINE = (  # known of every new patient before treatment, and no answer to what the images are read for
    ClinicalColumn("age", Scale.NUMERIC),
    ClinicalColumn("sex", Scale.NOMINAL, ("Female", "Male")),
    ClinicalColumn("performance_status", Scale.ORDINAL, ("0", "1", "2", "3", "4")),
    ClinicalColumn("tobacco", Scale.NOMINAL, NO_YES),
    ClinicalColumn("alcohol", Scale.NOMINAL, NO_YES),
)
_CARRIED = {
    column.name: column
    for column in (
        ClinicalColumn("weight_kg", Scale.NUMERIC, predictor=False),
        ClinicalColumn("hpv", Scale.NOMINAL, ("negative", "positive"), predictor=False),
        ClinicalColumn("t_stage", Scale.ORDINAL, ("T0", "Tis", "T1", "T2", "T3", "T4"), predictor=False),
        ClinicalColumn("n_stage", Scale.ORDINAL, ("N0", "N1", "N2", "N3"), predictor=False),
        ClinicalColumn("m_stage", Scale.NOMINAL, ("M0", "M1"), predictor=False),
        ClinicalColumn("tnm_edition", Scale.NOMINAL, ("7", "8"), predictor=False),
        ClinicalColumn("tnm_group", Scale.ORDINAL, ("0", "I", "II", "III", "IV"), predictor=False),
        ClinicalColumn("surgery", Scale.NOMINAL, NO_YES, predictor=False),
        ClinicalColumn("chemotherapy", Scale.NOMINAL, NO_YES, predictor=False),
        ClinicalColumn("treatment", Scale.NOMINAL, predictor=False),
    )
}
_STAGES = ("t_stage", "n_stage", "m_stage", "tnm_edition", "tnm_group")


@dataclass(frozen=True, slots=True)
class Edition:
    """One year's challenge. `endpoint` is None where none was published; `labels` are the regions of its masks.

    `names` are the clinical columns that the year publishes beside those of baseline; none of them is a predictor.
    """

    year: int
    endpoint: str | None
    labels: Mapping[str, int]
    names: tuple[str, ...]

    @property
    def columns(self) -> tuple[ClinicalColumn, ...]:
        """The year's clinical columns, the predictors first."""
        return _BASELINE + tuple(_CARRIED[name] for name in self.names)


_GTVT: Final = {"GTVp": 1}
_BOTH: Final = {"GTVp": 1, "GTVn": 2}
EDITIONS: Final = {
    2020: Edition(2020, None, _GTVT, ("weight_kg", "hpv", *_STAGES, "chemotherapy")),
    2021: Edition(2021, "pfs", _GTVT, ("weight_kg", "hpv", *_STAGES, "chemotherapy")),
    2022: Edition(2022, "rfs", _BOTH, ("weight_kg", "hpv", "surgery", "chemotherapy")),
    2025: Edition(2025, "rfs", _BOTH, ("hpv", "treatment", "t_stage", "n_stage", "m_stage")),
    2026: Edition(2026, "rfs", _BOTH, ("hpv", "treatment", "t_stage", "n_stage")),
}


def edition_of(year: int) -> Edition:
    """Return the edition of that year; raise MedmtlError where there was none, or none with public data."""
    if year not in EDITIONS:
        raise MedmtlError(f"--edition must be one of {', '.join(map(str, EDITIONS))}. Found {year}.")
    return EDITIONS[year]
