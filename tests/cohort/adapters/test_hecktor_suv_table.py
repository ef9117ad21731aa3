import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from cohort.adapters.hecktor_layouts import suv_row

from medmtl.cohort.adapters.hecktor.suv_table import SuvRow, is_suv_table, read_suv_rows
from medmtl.cohort.tables import Table, read_table
from medmtl.errors import MedmtlError


def _table(folder: Path, *rows: Mapping[str, object]) -> Table:
    pd.DataFrame(list(rows)).to_csv(folder / "suv_conversion_tags.csv", index=False)
    return read_table(folder / "suv_conversion_tags.csv")


def _one(folder: Path, **changes: object) -> SuvRow | MedmtlError:
    return read_suv_rows([_table(folder, suv_row("CHUP-014") | changes)])["CHUP014"]


def test_the_factor_is_weight_over_the_dose_that_is_left(tmp_path: Path) -> None:
    row = _one(tmp_path)
    by_hand = 70_000 / (3.7e8 * 0.5 ** (3600 / 6586.2))
    assert isinstance(row, SuvRow)
    assert row.factor == pytest.approx(by_hand, rel=1e-6)
    assert row.constants["patient_weight_kg"] == 70.0


def test_the_published_factor_of_a_patient_is_found_again(tmp_path: Path) -> None:
    dose = 70_000 / 0.000561094  # of CHUP-014, as published, were the patient to weigh 70 kg
    row = {"pid": "CHUP-014", "patient_weight_kg": 70, "dose_for_suv_bq": dose, "bqml_to_suvbw_factor": 0.000561094}
    found = read_suv_rows([_table(tmp_path, row)])["CHUP014"]
    assert isinstance(found, SuvRow)
    assert found.factor == pytest.approx(0.000561094, rel=1e-6)


def test_a_dose_decayed_to_injection_is_the_injected_dose(tmp_path: Path) -> None:
    row = _one(tmp_path, dose_for_suv_bq=3.7e8, bqml_to_suvbw_factor=70_000 / 3.7e8)
    assert isinstance(row, SuvRow)
    assert row.factor == pytest.approx(70_000 / 3.7e8)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"patient_weight_kg": 7000}, "patient_weight_kg must be 20 to 300. Found 7000"),
        ({"patient_weight_kg": ""}, "patient_weight_kg and dose_for_suv_bq must be given"),
        ({"patient_weight_kg": 80}, "bqml_to_suvbw_factor must be weight over dose"),
        ({"dose_for_suv_bq": 1.0e8}, "must be the injected or the decayed dose"),
        ({"radionuclide_total_dose_bq": 370}, "radionuclide_total_dose_bq must be 2e+07 to 2e+09"),
        ({"elapsed_seconds_injection_to_scan": -3600}, "elapsed_seconds_injection_to_scan must be 0 to"),
        ({"bqml_to_suvbw_factor": 0.9}, "Found 0.9"),
        ({"patient_weight_kg": "heavy"}, "plain number"),
        ({"units": "CNTS"}, "units must be BQML"),
    ],
)
def test_a_row_that_cannot_be_true_says_why(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    fault = _one(tmp_path, **changes)
    assert isinstance(fault, MedmtlError)
    assert re.search(re.escape(reason), str(fault))
    assert "line 2" in str(fault)


def test_a_patient_with_two_rows_has_none(tmp_path: Path) -> None:
    rows = read_suv_rows([_table(tmp_path, suv_row("CHUP-014"), suv_row("CHUP_014"), suv_row("MDA-300"))])
    assert isinstance(rows["CHUP014"], MedmtlError)
    assert isinstance(rows["MDA300"], SuvRow)


def test_a_table_of_patients_is_no_suv_table(tmp_path: Path) -> None:
    assert is_suv_table(_table(tmp_path, suv_row("CHUP-014")))
    assert not is_suv_table(_table(tmp_path, {"PatientID": "CHUP-014", "Weight": 70, "Age": 61}))
