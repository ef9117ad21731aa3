"""SUVpeak against IBSI's consensus and by hand."""

from math import isnan
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.features.metabolic import METABOLIC, UPTAKE, measure_uptake
from medmtl.features.suv_peak import suv_peaks


@pytest.mark.shared_data
def test_the_digital_phantom_has_the_peaks_of_ibsi(shared_data: Path) -> None:
    files = sorted((shared_data / "ibsi" / "nifti").rglob("*.nii.gz"))
    image, mask = (sitk.ReadImage(str(next(file for file in files if word in str(file)))) for word in ("image", "mask"))
    z, y, x = image.GetSpacing()[::-1]
    found = suv_peaks(sitk.GetArrayFromImage(image).astype(float), sitk.GetArrayFromImage(mask) > 0, (z, y, x))
    assert found["suv_peak_at_max"] == pytest.approx(2.6, abs=0.05)  # VJGA
    assert found["suv_peak"] == pytest.approx(3.1, abs=0.05)  # 0F91


def test_a_sphere_smaller_than_a_voxel_has_the_voxel_alone() -> None:
    suv = np.arange(27.0).reshape(3, 3, 3)
    found = suv_peaks(suv, suv >= 13, (7.0, 7.0, 7.0))
    assert found == {"suv_peak": 26.0, "suv_peak_at_max": 26.0}


def test_voxels_outside_the_mask_count_and_those_outside_the_image_or_unknown_do_not() -> None:
    suv = np.array([[[9.0, 3.0, np.nan]]])
    found = suv_peaks(suv, np.array([[[True, False, False]]]), (5.0, 5.0, 5.0))
    assert found["suv_peak"] == 6.0


def test_an_empty_mask_has_known_zeros_and_unknown_uptake() -> None:
    found = measure_uptake(np.ones((3, 3, 3)), np.zeros((3, 3, 3), dtype=bool), (1.0, 1.0, 1.0))
    assert tuple(found) == UPTAKE
    assert all(found[name] == 0 for name in ("volume_ml", "tlg", "n_lesions", "dmax_mm", "dmax_voxels_mm", *METABOLIC))
    assert all(isnan(found[name]) for name in ("suv_max", "suv_mean", "suv_peak", "suv_peak_at_max"))


def test_one_unknown_suv_leaves_volume_and_lesions_known_alone() -> None:
    suv = np.ones((3, 3, 3))
    suv[1, 1, 1] = np.nan
    found = measure_uptake(suv, np.ones((3, 3, 3), dtype=bool), (10.0, 10.0, 10.0))
    assert {name for name, value in found.items() if not isnan(value)} == {
        "volume_ml",
        "n_lesions",
        "dmax_mm",
        "dmax_voxels_mm",
    }


def test_uptake_is_worked_by_hand() -> None:
    suv = np.zeros((1, 1, 6))
    suv[0, 0, :4] = [10.0, 4.0, 2.5, 4.2]
    found = measure_uptake(suv, suv > 0, (4.0, 5.0, 5.0))
    expected = {"volume_ml": 0.4, "suv_max": 10, "suv_mean": 5.175, "tlg": 2.07, "mtv_41_percent_ml": 0.2}
    expected |= {"mtv_suv_2_5_ml": 0.4, "mtv_suv_4_ml": 0.3, "n_lesions": 1, "dmax_mm": 0, "dmax_voxels_mm": 15}
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert found["suv_peak"] == pytest.approx(7.0)  # the hottest and its one neighbour
