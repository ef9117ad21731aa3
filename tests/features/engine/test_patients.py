"""On published patients the fast engine gives PyRadiomics' numbers, as the table in the documents says."""

import re

import pytest
from radiomics_tables import DOCS, MASKS, PATIENTS, equality_page, odd_row, patient_row

TABLE = DOCS / "radiomics_equality.md"
pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize(("modality", "spacing"), [("CT", 3), ("PET", 3), ("PET", 0), ("CT", 2)])
def test_a_patient_is_measured_as_by_pyradiomics(shared_data, modality, spacing):
    name, voxels, known, apart, mcc = patient_row(shared_data.parent, PATIENTS[0], modality, spacing)
    assert max(apart, mcc) < 1e-6
    assert f"| {name} | {voxels} | {known} |" in TABLE.read_text("utf-8")


def test_the_table_in_the_documents_is_written_by_the_same_hand():
    row = odd_row("hollow")
    heading = equality_page([row]).rsplit("\n", 2)[0]
    assert TABLE.read_text("utf-8").startswith(heading)
    assert f"| {row[0]} | {row[1]} | {row[2]} |" in TABLE.read_text("utf-8")


def test_every_distance_in_the_table_is_below_what_is_promised():
    distances = [float(one) for one in re.findall(r"\| (\S+e[+-]\d+|inf|nan)(?= \|)", TABLE.read_text("utf-8"))]
    assert len(distances) > 2 * len(MASKS)
    assert max(distances) < 1e-6
