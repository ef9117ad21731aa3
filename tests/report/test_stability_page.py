"""The figure of which features keep still."""

import numpy as np
import pandas as pd
import pytest

from medmtl.features.stability import stability_table
from medmtl.report.stability import kind_of, stability_page, stability_panels


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    cases = 12
    steady = rng.normal(size=cases)
    rows = []
    for change in ("unchanged", "grown", "noise 1"):
        for line in range(cases):
            features = {"pet_original_glcm_Contrast": steady[line], "ct_original_firstorder_Mean": rng.normal()}
            rows.append({"line": line, "part": "mask", "perturbation": change, "volume_ml": 1.0 + line, **features})
    return stability_table(pd.DataFrame(rows), ["pet_original_glcm_Contrast", "ct_original_firstorder_Mean"])


def test_a_feature_is_drawn_with_its_class_and_its_image() -> None:
    names = [
        "original_glcm_Contrast",
        "log-sigma-3-0-mm-3D_gldm_DependenceEntropy",
        "pet_original_glcm_Contrast",
        "shell_4mm_ct_wavelet-LLH_ngtdm_Busyness",
        "mask_original_shape_MeshVolume",
        "suv_max",
        "volume_ml",
    ]
    kinds = ["glcm", "gldm", "PET glcm", "CT ngtdm", "shape", "clinic", "clinic"]
    assert [kind_of(name) for name in names] == kinds


def test_the_words_count_what_the_table_holds(table: pd.DataFrame) -> None:
    (panel,) = stability_panels(table)
    assert "12 cases, each measured 3 times. 1 of 2 features have an ICC(1,1) of at least 0.9" in panel.words
    assert panel.svg is not None
    assert "PET glcm" in panel.svg


def test_a_page_needs_no_other_file_and_fits_a_phone(table: pd.DataFrame) -> None:
    page = stability_page(table)
    assert 'name="viewport"' in page
    assert "http" not in page
    assert page.count("<svg") == 1


def test_nothing_measured_twice_is_said_in_words() -> None:
    page = stability_page(pd.DataFrame({"part": []}))
    assert "Nothing could be measured twice" in page
    assert "<svg" not in page
