from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Grid, Image
from medmtl.stages.import_sts import import_sts

SHEET = (
    "Patient ID,Age,Sex,MSKCC type,Grade,Outcome,Time - diagnosis to outcome (days),"
    "Status,Time - diagnosis to last follow-up (days)\n"
    "STS_001,59,Male,MFH,High,Mets,266,D,845\n"
    "STS_002,61,Male,MFH,Low,--,--,NED,501\n"
    "STS_003,xx,Male,MFH,Low,--,--,NED,501\n"
    "STS_009,61,Male,MFH,Low,--,--,NED,501\n"
)
GRID = Grid((4, 5, 6), (1.0, 1.0, 3.0), (5.0, 6.0, 7.0))


def _image(grid: Grid = GRID) -> Image:
    return Image(np.ones(grid.size[::-1], dtype=np.float32), grid)


def _patient(folder: Path, *names: str) -> None:
    for name in names:
        write_image(_image(), folder / f"{name}.nii.gz")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Four patients: one whole, one without a mask, one with a bad line in the sheet, one without a line."""
    for name in ("STS_001", "STS_003", "STS_004"):
        _patient(tmp_path / "images" / name, "CT_image", "PET_image", "CT_mask")
    _patient(tmp_path / "images" / "STS_002", "CT_image", "PET_image")
    (tmp_path / "clinical.csv").write_text(SHEET)
    return tmp_path


def _import(source: Path) -> Path:
    return import_sts(source / "images", source / "clinical.csv", source / "cohort", jobs=1).manifest


def _report(source: Path) -> pd.DataFrame:
    return pd.read_csv(source / "cohort" / "import_report.csv", keep_default_na=False).set_index("case_id")


def test_a_bad_patient_is_reported_and_does_not_stop_the_rest(source: Path) -> None:
    cohort = read_manifest(_import(source), endpoint="pfs")
    report = _report(source)
    assert cohort.ids == ("STS_001", "STS_002", "STS_004")
    assert report.loc["STS_003", "status"] == "failed"
    assert "age must be a number" in report.loc["STS_003", "reason"]


def test_what_is_missing_stays_missing(source: Path) -> None:
    cases = {case.case_id: case for case in read_manifest(_import(source)).cases}
    assert cases["STS_002"].mask is None
    assert cases["STS_004"].endpoints == {}
    assert set(cases["STS_004"].clinical.values()) == {None}
    assert _report(source).loc["STS_004", "notes"] == "no line in the clinical sheet"
    assert _report(source).loc["STS_009", "status"] == "left_out"


def test_nifti_is_referred_to_where_it_lies(source: Path) -> None:
    manifest = _import(source)
    assert "../images/STS_001/CT_image.nii.gz" in manifest.read_text()
    assert not (source / "cohort" / "images").exists()


def test_an_equal_import_changes_nothing_and_another_is_refused(source: Path) -> None:
    before = _import(source).read_text()
    assert _import(source).read_text() == before
    _patient(source / "images" / "STS_009", "CT_image", "PET_image")
    with pytest.raises(MedmtlError, match="another cohort"):
        _import(source)
    assert (source / "cohort" / "manifest.csv").read_text() == before


def test_an_image_that_cannot_be_read_fails_its_patient_only(source: Path) -> None:
    (source / "images" / "STS_001" / "PET_image.nii.gz").write_bytes(b"broken")
    write_image(_image(Grid((4, 5, 7), GRID.spacing, GRID.origin)), source / "images" / "STS_004" / "CT_mask.nii.gz")
    assert read_manifest(_import(source)).ids == ("STS_002",)
    assert "PET_image.nii.gz" in _report(source).loc["STS_001", "reason"]
    assert "mask must lie on the CT's grid" in _report(source).loc["STS_004", "reason"]


def test_without_one_patient_the_import_fails_and_leaves_nothing(source: Path) -> None:
    (source / "empty").mkdir()
    with pytest.raises(MedmtlError, match="Found none"):
        import_sts(source / "empty", source / "clinical.csv", source / "cohort", jobs=1)
    assert sorted(path.name for path in source.iterdir()) == ["clinical.csv", "empty", "images"]


@pytest.mark.shared_data
def test_the_published_patients_are_imported_from_nifti(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "sts"
    cohort = read_manifest(import_sts(folder, folder / "clinical.csv", tmp_path / "cohort", 2).manifest, "pfs")
    assert len(cohort.cases) == 36
    assert all(case.mask for case in cohort.cases)
    assert {case.centre for case in cohort.cases} == {"McGill"}


@pytest.mark.shared_data
def test_dicom_is_converted_to_the_published_nifti(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "sts"
    manifest = import_sts(folder / "dicom", folder / "clinical.csv", tmp_path / "cohort", jobs=2).manifest
    for case in read_manifest(manifest).cases:
        published = folder / "nifti" / case.case_id
        assert case.mask == tmp_path / "cohort" / "images" / case.case_id / "mask.nii.gz"
        for path, name, atol in ((case.ct, "CT_image", 0), (case.pet, "PET_image", 1e-4), (case.mask, "CT_mask", 0)):
            np.testing.assert_allclose(
                read_image(path).array, read_image(published / f"{name}.nii.gz").array, atol=atol
            )
    report = pd.read_csv(manifest.parent / "import_report.csv").set_index("case_id")
    assert report.loc["STS_008", "suv_branch"] == "GML:BW"
