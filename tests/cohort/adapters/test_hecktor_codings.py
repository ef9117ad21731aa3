import pytest

from medmtl.cohort.adapters.hecktor.centres import centre_of, key_of
from medmtl.cohort.adapters.hecktor.codings import decode
from medmtl.cohort.adapters.hecktor.columns import known_columns
from medmtl.cohort.adapters.hecktor.editions import EDITIONS, edition_of
from medmtl.errors import MedmtlError

DECODED = [
    ("sex", "1", "Male"),
    ("sex", "M", "Male"),
    ("sex", "0.0", "Female"),
    ("sex", "2", "Female"),  # as some of 2025's users have it
    ("tobacco", "1.0", "yes"),
    ("hpv", "0", "negative"),
    ("performance_status", "3", "3"),
    ("t_stage", "T4a", "T4"),
    ("t_stage", "T0", "T0"),
    ("t_stage", "Tx", None),
    ("t_stage", "cT2", "T2"),
    ("t_stage", "Tis", "Tis"),
    ("t_stage", "3", "T3"),
    ("n_stage", "N2c", "N2"),
    ("n_stage", "NX", None),
    ("n_stage", "n3b", "N3"),
    ("m_stage", "M0", "M0"),
    ("m_stage", "Mx", None),
    ("tnm_group", "IVA", "IV"),
    ("tnm_group", "Stage III", "III"),
    ("tnm_edition", "8.0", "8"),
    ("hpv", "Unknown", None),
    ("age", "61.5", 61.5),
    ("weight_kg", "82", 82.0),
]
REFUSED = [
    ("sex", "3"),
    ("tobacco", "9"),
    ("performance_status", "5"),
    ("t_stage", "T7"),
    ("n_stage", "T1"),
    ("m_stage", "M3"),
    ("tnm_group", "V"),
    ("age", "sixty"),
    ("age", "0"),
    ("age", "-61"),
    ("weight_kg", "0"),
    ("weight_kg", "8200"),
]


@pytest.mark.parametrize(("name", "cell", "value"), DECODED)
def test_a_cell_becomes_a_named_level_or_a_number(name: str, cell: str, value: float | str | None) -> None:
    assert decode(name, cell, 2021, ".") == value


@pytest.mark.parametrize(("name", "cell"), REFUSED)
def test_what_no_edition_defines_is_refused(name: str, cell: str) -> None:
    with pytest.raises(MedmtlError, match="must stand here"):
        decode(name, cell, 2021, ".")


def test_treatment_has_words_in_2025_and_open_codes_in_2026() -> None:
    assert [decode("treatment", code, 2025, ".") for code in ("0", "1.0")] == ["radiotherapy", "chemoradiotherapy"]
    assert [decode("treatment", code, 2026, ".") for code in ("0.0", "2.0")] == ["code_0", "code_2"]
    with pytest.raises(MedmtlError, match="chemoradiotherapy"):
        decode("treatment", "2", 2025, ".")


def test_every_level_that_is_decoded_is_one_of_its_column() -> None:
    levels = {column.name: column.levels for year in EDITIONS for column in edition_of(year).columns}
    assert [(n, v) for n, _, v in DECODED if v is not None and levels[n] and v not in levels[n]] == []


def test_the_columns_of_every_year_are_known_by_one_name() -> None:
    header = ("PatientID", "Gender (1=M,0=F)", "T-stage", "HPV status (0=-, 1=+)", "Estimated weight (kg) for SUV")
    assert tuple(known_columns(header)) == ("case_id", "sex", "t_stage", "hpv", "weight_kg")
    later = ("PatientID", "Center", "T_stage", "Tobacco Consumption", "RFS (days from end of radiotherapy)", "Notes")
    assert tuple(known_columns(later)) == ("case_id", "centre", "t_stage", "tobacco", "rfs")
    assert known_columns(("T-stage", "T_stage")) == {"t_stage": ("T-stage", "T_stage")}


def test_what_would_tell_of_the_answer_is_no_predictor_of_any_year() -> None:
    predictors = {column.name for year in EDITIONS for column in edition_of(year).columns if column.predictor}
    assert predictors == {"age", "sex", "performance_status", "tobacco", "alcohol"}


def test_the_centre_is_what_the_id_begins_with_or_the_number_of_the_table() -> None:
    assert [centre_of(name, "4") for name in ("CHGJ007", "CHMR001", "MDA-300", "chum_001")] == [
        "HGJ",
        "HMR",
        "MDA",
        "CHUM",
    ]
    assert (centre_of("XYZ-001", "9"), centre_of("XYZ-001", None)) == ("centre_9", "XYZ")


def test_an_id_is_the_same_however_it_is_joined() -> None:
    assert key_of("CHUM-001") == key_of("chum_001") != key_of("CHUM-010")


def test_a_year_without_a_challenge_is_refused() -> None:
    with pytest.raises(MedmtlError, match=r"2020, 2021, 2022, 2025, 2026. Found 2023"):
        edition_of(2023)
