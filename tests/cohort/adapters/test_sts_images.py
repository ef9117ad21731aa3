from pathlib import Path

import pytest

from medmtl.cohort.adapters.sts_images import find_patients
from medmtl.errors import CaseError, MedmtlError


def _nifti(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("CT_image", "PET_image"):
        (folder / f"{name}.nii.gz").touch()
    return folder


def _dicom(folder: Path) -> Path:
    for kind in ("CT", "PET"):
        (folder / kind / "image").mkdir(parents=True)
    return folder


def test_nifti_is_preferred_and_dicom_serves_those_without(tmp_path: Path) -> None:
    both = _nifti(tmp_path / "a" / "STS_002")
    _dicom(tmp_path / "b" / "STS_002")
    only = _dicom(tmp_path / "b" / "STS_001")
    found = find_patients(tmp_path)
    assert list(found) == ["STS_001", "STS_002"]
    assert (found["STS_001"].chosen, found["STS_002"].chosen) == (only, both)


def test_the_folder_of_one_patient_will_do(tmp_path: Path) -> None:
    folder = _nifti(tmp_path / "STS_007")
    assert find_patients(folder)["STS_007"].chosen == folder


def test_a_patient_found_twice_or_without_images_is_an_error_of_its_case(tmp_path: Path) -> None:
    for place in ("a", "b"):
        _nifti(tmp_path / place / "STS_001")
    (tmp_path / "STS_002" / "CT" / "image").mkdir(parents=True)
    found = find_patients(tmp_path)
    for name, reason in (("STS_001", "narrower folder"), ("STS_002", "Found neither")):
        with pytest.raises(CaseError, match=reason):
            assert found[name].chosen


def test_other_names_are_no_patients(tmp_path: Path) -> None:
    _nifti(tmp_path / "STS_old")
    assert find_patients(tmp_path) == {}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="does not exist"):
        find_patients(tmp_path / "none")
