import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dicom_files import (
    FRAME,
    Change,
    Place,
    both,
    set_tags,
    set_tracer,
    write_contours,
    write_seg,
    write_series,
)
from pydicom.dataset import Dataset

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest
from medmtl.cohort.patient_table import TableWishes
from medmtl.dicom.groups import CaseBy
from medmtl.dicom.wishes import Wishes
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.image import read_image
from medmtl.imaging.prepare import prepare
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Cohort
from medmtl.stages.dicom_plan import Choosing
from medmtl.stages.import_dicom import DicomImport, import_dicom, parse_roi

CT_SPACING, CT_SHAPE = (1, 2, 1.5), (8, 16, 12)
SUV = 70e3 / (350e6 * 0.5 ** (3600 / 6586.2))  # per Bq/mL of `write_series`: 70 kg, 350 MBq an hour before


def same(header: Dataset, index: int) -> None:
    """Change nothing."""


def patient(folder: Path, name: str = "P1", *, ct: bool = True, pet: Change = same, roi: str = "GTV") -> Place:
    """Write the PET, a finer CT of another field of view and contours of a patient; return where it is."""
    place = Place(name, study=f"{FRAME}.{sum(map(ord, name))}", frame=f"{FRAME}.1{sum(map(ord, name))}")
    write_series(folder / "a" / "b", "PT", pet, place=place)
    if ct:
        array = np.arange(np.prod(CT_SHAPE), dtype=np.int16).reshape(CT_SHAPE) - 1000
        write_series(folder / "c", "CT", array=array, spacing=CT_SPACING, place=place)
    if roi:
        planes = [30 + 1.5 * index for index in range(2, 5)]
        contours = [np.array([[-8.5, -17, z], [-3.5, -17, z], [-3.5, -9, z], [-8.5, -9, z]]) for z in planes]
        write_contours(folder / "RS", {roi: contours}, place=place)
    return place


def bring(folder: Path, **options: object) -> Cohort:
    """Import `folder/in` into `folder/out`."""
    wanted = DicomImport(folder / "in", folder / "out", jobs=1, **options)  # type: ignore[arg-type]
    return read_manifest(import_dicom(wanted).manifest)


def report(folder: Path, name: str = "import_report.csv") -> pd.DataFrame:
    """Return a table that the import wrote, by case."""
    return pd.read_csv(folder / "out" / name, dtype=str, keep_default_na=False).set_index("case_id")


def one(cohort: Cohort) -> Case:
    """Return the only case."""
    (case,) = cohort.cases
    return case


def test_a_patient_becomes_suv_hu_and_a_mask_on_the_grid_of_the_ct(tmp_path: Path) -> None:
    patient(tmp_path / "in")
    case = one(bring(tmp_path))
    assert case.case_id == "P1"
    assert case.mask is not None
    pet, ct, mask = (read_image(path) for path in (case.pet, case.needed_ct, case.mask))
    np.testing.assert_allclose(pet.array[:, 0, 0], np.arange(1, 5) * 5000 * SUV, rtol=1e-5)
    np.testing.assert_array_equal(ct.array.ravel(), np.arange(np.prod(CT_SHAPE)) - 1000)
    assert (pet.grid.spacing, ct.grid.spacing, mask.grid) == ((2, 4, 3), CT_SPACING, ct.grid)
    inside = np.zeros(CT_SHAPE, dtype=bool)
    inside[2:5, 2:6, 2:7] = (
        True  # x -8.5 to -3.5 and y -17 to -9, of voxels at -10 + i and -20 + 2j; an edge is one side
    )
    assert mask.array[inside].mean() > 0.7
    assert not mask.array[~inside].any()
    told = report(tmp_path).loc["P1"]
    assert (told["status"], told["suv_branch"][:4]) == ("imported", "BQML")
    assert '"weight_kg": 70' in told["suv_constants"]


def test_the_same_patient_in_an_archive_gives_the_same_cohort(tmp_path: Path) -> None:
    patient(tmp_path / "in")
    plain = one(bring(tmp_path))
    (tmp_path / "zipped" / "in").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "zipped" / "in" / "export.zip", "w") as archive:
        for path in (tmp_path / "in").rglob("*"):
            if path.is_file():
                archive.write(path, Path("..") / path.relative_to(tmp_path))
    packed = one(bring(tmp_path / "zipped"))
    for path, other in ((plain.pet, packed.pet), (plain.ct, packed.ct), (plain.mask, packed.mask)):
        assert path is not None
        assert other is not None
        np.testing.assert_array_equal(read_image(path).array, read_image(other).array)


def test_a_patient_with_pet_alone_is_imported_and_named_later(tmp_path: Path) -> None:
    patient(tmp_path / "in", ct=False, roi="")
    case = one(bring(tmp_path))
    assert case.ct is None
    assert report(tmp_path).loc["P1", "notes"] == "PET alone: no CT"
    with pytest.raises(CaseError, match="P1: a case must have a CT"):
        prepare(case, PrepareSettings(), tmp_path / "prepared")


def test_without_a_ct_the_mask_lies_on_the_grid_of_the_pet(tmp_path: Path) -> None:
    place = patient(tmp_path / "in", ct=False, roi="")
    write_contours(
        tmp_path / "in" / "RS",
        {"GTV": [np.array([[-9, -18, 33], [-3, -18, 33], [-3, -4, 33], [-9, -4, 33]])]},
        place=place,
    )
    case = one(bring(tmp_path))
    assert case.mask is not None
    mask = read_image(case.mask)
    assert mask.grid == read_image(case.pet).grid
    assert (mask.array.any(axis=(1, 2)) == [False, True, False, False]).all()


def test_contours_drawn_on_the_pet_have_no_gaps_on_the_finer_ct(tmp_path: Path) -> None:
    place = patient(tmp_path / "in", roi="")

    def on_pet(structure: Dataset) -> None:
        frame, study, series = Dataset(), Dataset(), Dataset()
        series.SeriesInstanceUID = f"{place.study}.{sum(map(ord, 'PT'))}"
        study.RTReferencedSeriesSequence, frame.RTReferencedStudySequence = [series], [study]
        structure.ReferencedFrameOfReferenceSequence = [frame]

    planes = [np.array([[-11, -18, z], [-3, -18, z], [-3, -2, z], [-11, -2, z]]) for z in (33.0, 36.0)]
    write_contours(tmp_path / "in" / "RS", {"GTV": planes}, place=place, change=on_pet)
    case = one(bring(tmp_path))
    assert case.mask is not None
    mask = read_image(case.mask)
    filled = np.flatnonzero(mask.array.any(axis=(1, 2)))
    assert mask.grid == read_image(case.needed_ct).grid
    assert filled.tolist() == list(range(filled[0], filled[-1] + 1))
    assert len(filled) >= 3  # 6 mm of contours in planes of 1.5 mm
    assert "drawn on the PET and resampled" in report(tmp_path).loc["P1", "notes"]


def test_segments_and_contours_give_labels_in_the_order_asked_for(tmp_path: Path) -> None:
    place = patient(tmp_path / "in", roi="Node 1")
    voxels = np.zeros(CT_SHAPE, dtype=bool)
    voxels[0, 0, :3] = True
    write_seg(tmp_path / "in" / "SEG", sorted((tmp_path / "in" / "c").iterdir()), {"Tumour": voxels})
    case = one(bring(tmp_path, choosing=Choosing(roi={"T": "tumou?r", "N": r"node \d", "X": "none"})))
    assert case.mask is not None
    mask = read_image(case.mask).array
    assert place.frame
    assert (mask == 1).sum() == 3
    assert (mask[0, 0, :3] == 1).all()
    assert (mask == 2).sum() > 20
    assert "no region for X" in report(tmp_path).loc["P1", "notes"]


def test_one_bad_patient_is_named_and_every_series_is_accounted_for(tmp_path: Path) -> None:
    patient(tmp_path / "in" / "1", "P1")
    patient(tmp_path / "in" / "2", "P2", pet=set_tags(PatientWeight=None))
    patient(tmp_path / "in" / "3", "P3", pet=set_tags(CorrectedImage=["DECY"]))
    write_series(tmp_path / "in" / "4", "CT", place=Place("P4"))
    write_series(tmp_path / "in" / "1" / "scout", "CT", set_tags(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    cut = tmp_path / "in" / "5"
    patient(cut, "P5")
    (cut / "a" / "b" / "2.dcm").write_bytes((cut / "a" / "b" / "2.dcm").read_bytes()[:-30])
    assert bring(tmp_path).ids == ("P1",)
    told = report(tmp_path)
    assert told["status"].to_dict() == {
        **{"P1": "imported", "P2": "failed", "P3": "failed", "P4": "left_out", "P5": "failed"}
    }
    assert "weight" in told.loc["P2", "reason"].lower()
    assert "attenuation-corrected PET" in told.loc["P3", "reason"]
    assert "2.dcm" in told.loc["P5", "reason"]
    series = report(tmp_path, "import_series.csv")
    assert set(series.loc["P1", "became"]) == {"used as PET", "used as CT", "used for the mask: GTVp", "a scout"}
    assert "PET without attenuation correction" in set(series.loc["P3", "became"])


def table(folder: Path, text: str) -> Path:
    """Write the endpoints."""
    path = folder / "clinical.csv"
    path.write_bytes(text.encode("cp1252"))
    return path


def test_the_table_gives_endpoints_predictors_and_what_the_headers_lack(tmp_path: Path) -> None:
    patient(tmp_path / "in" / "1", "P1", pet=both(set_tags(PatientWeight=None), set_tracer("RadionuclideTotalDose")))
    patient(tmp_path / "in" / "2", "P2")
    text = "Patient ID;OS days;OS event;Größe;weight_kg;dose_mbq\nP1;812;no;1,71;35;175\nP9;1;1;1,8;70;350\n\n"
    cohort = bring(tmp_path, endpoints=table(tmp_path, text), table=TableWishes(predictors=("größe",)), centre="Lyon")
    first, second = cohort.cases
    np.testing.assert_allclose(read_image(first.pet).array[:, 0, 0], np.arange(1, 5) * 5000 * SUV, rtol=1e-5)
    assert (first.endpoints["os"].time_days, first.endpoints["os"].event) == (812.0, False)
    assert (first.clinical, first.centre) == ({"Größe": 1.71}, "Lyon")
    assert (second.endpoints, second.clinical) == ({}, {"Größe": None})
    told = report(tmp_path)
    assert "no line in the table" in told.loc["P2", "notes"]
    assert (told.loc["P9", "status"], told.loc["P9", "reason"]) == ("left_out", "no images found")
    columns = pd.read_csv(tmp_path / "out" / "import_columns.csv").set_index("column")["became"]
    assert columns["weight_kg"] == "SUV: weight_kg"


def test_a_bad_cell_fails_its_patient_alone(tmp_path: Path) -> None:
    for name in ("P1", "P2", "P3"):
        patient(tmp_path / "in" / name, name)
    text = "id,os_days,os_event,weight_kg\nP1,2021-01-01,1,70\nP2,5,1,70\nP3,5,1,heavy\n"
    assert bring(tmp_path, endpoints=table(tmp_path, text)).ids == ("P2",)
    told = report(tmp_path)
    assert "line 2, column os_days" in told.loc["P1", "reason"]
    assert "line 4, column weight_kg" in told.loc["P3", "reason"]


def test_two_pets_are_an_error_that_names_the_remedy_and_a_wish_mends_it(tmp_path: Path) -> None:
    place = patient(tmp_path / "in")
    again = Place(place.patient, place.study, place.frame, series=f"{place.study}.77", description="PSF")
    write_series(tmp_path / "in" / "again", "PT", place=again)
    with pytest.raises(MedmtlError, match=r"(?s)Found none.*one PET must be chosen.*PSF.*--series UID"):
        bring(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    bring(tmp_path, choosing=Choosing(Wishes(pet="psf")))
    assert f"PET {place.study}.77" in report(tmp_path).loc["P1", "chosen"]


def test_patients_that_share_an_id_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    patient(tmp_path / "in" / "A", "ANON")
    patient(tmp_path / "in" / "B", "ANON")
    assert bring(tmp_path, case_by=CaseBy.FOLDER).ids == ("A", "B")


def test_a_changed_file_or_option_is_another_cohort(tmp_path: Path) -> None:
    patient(tmp_path / "in")
    before = bring(tmp_path)
    assert bring(tmp_path) == before
    with pytest.raises(MedmtlError, match="another cohort"):
        bring(tmp_path, centre="Lyon")
    os.utime(tmp_path / "in" / "RS", (1, 1))
    with pytest.raises(MedmtlError, match="another cohort"):
        bring(tmp_path)


def test_a_case_with_a_broken_file_fails_since_it_may_be_a_slice(tmp_path: Path) -> None:
    patient(tmp_path / "in" / "a", "P1")
    patient(tmp_path / "in" / "b", "P2")
    (tmp_path / "in" / "b" / "a" / "b" / "1.dcm").write_bytes(b"")  # the last slice: no gap tells of it
    assert [case.case_id for case in bring(tmp_path).cases] == ["P1"]
    assert "1.dcm: it is empty" in report(tmp_path).loc["P2", "reason"]


def test_an_empty_file_that_is_no_slice_by_its_name_is_passed_over(tmp_path: Path) -> None:
    patient(tmp_path / "in")
    (tmp_path / "in" / "LOCK").touch()
    assert one(bring(tmp_path)).case_id == "P1"


@pytest.mark.parametrize("wishes", [Wishes(series=("9.9",)), Wishes(studies=("9.9",))])
def test_a_uid_that_nobody_has_is_refused(tmp_path: Path, wishes: Wishes) -> None:
    patient(tmp_path / "in")
    with pytest.raises(MedmtlError, match=r"Found no 9\.9"):
        bring(tmp_path, choosing=Choosing(wishes))


def test_a_broken_file_of_nobody_is_told_by_its_name(tmp_path: Path) -> None:
    for name in ("P1", "P2"):
        patient(tmp_path / "in" / name, name)
    (tmp_path / "in" / "lost.dcm").write_bytes(b"nothing")
    assert len(bring(tmp_path).cases) == 2
    assert report(tmp_path).loc["lost.dcm", "status"] == "failed"


def test_contours_without_a_region_are_noted(tmp_path: Path) -> None:
    place = patient(tmp_path / "in", roi="")
    write_contours(tmp_path / "in" / "RS", {}, place=place)
    assert one(bring(tmp_path)).mask is None
    assert "names no regions" in report(tmp_path).loc["P1", "notes"]


def test_without_a_usable_pet_the_reason_is_told(tmp_path: Path) -> None:
    patient(tmp_path / "in", pet=set_tags(CorrectedImage=["DECY"]))
    with pytest.raises(MedmtlError, match="PET without attenuation correction"):
        bring(tmp_path)


def test_an_archive_that_is_none_is_named_where_it_is_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(b"PK")
    with pytest.raises(MedmtlError, match=r"a\.zip: the archive must be a whole zip"):
        bring(tmp_path)


def test_the_summary_names_who_lacks_a_ct_a_mask_or_a_line_in_the_table(tmp_path: Path) -> None:
    patient(tmp_path / "in" / "1", "P1")
    patient(tmp_path / "in" / "2", "P2", ct=False, roi="")
    (tmp_path / "table.csv").write_text("id,os_days,os_event\nP1,3,1\nX2,4,0\n", "utf-8")
    told = str(import_dicom(DicomImport(tmp_path / "in", tmp_path / "out", tmp_path / "table.csv", jobs=1)))
    for what in ("a CT", "a mask", "a line in the table"):
        assert f"Without {what}: 1 of 2 (P2)" in told


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(MedmtlError, match="no regular expression"):
        parse_roi(["GTV=("])


def test_a_folder_without_dicom_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("none")
    with pytest.raises(MedmtlError, match=r"at least one file must be DICOM. Found none among 1 files"):
        bring(tmp_path)


@pytest.mark.parametrize("wish", ["GTV", "=x", "GTVp="])
def test_a_region_is_asked_for_as_label_and_pattern(wish: str) -> None:
    assert parse_roi(["A=b=c", "B=x"]) == {"A": "b=c", "B": "x"}
    assert parse_roi([]) is None
    with pytest.raises(MedmtlError, match="--roi must be LABEL=REGEX"):
        parse_roi([wish])


def test_the_command_says_what_became_of_all_and_what_to_type_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patient(tmp_path / "in" / "1", "P1", roi="Tumour")
    patient(tmp_path / "in" / "2", "P2", roi="Other")
    (tmp_path / "in" / "notes.txt").write_text("none")
    arguments = ["import", "dicom", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1"]
    main([*arguments, "--roi", "T=tum.*r", "--roi", "N=node"])
    said = capsys.readouterr().out
    assert "1 others are no DICOM" in said
    assert "1 imported, 1 failed, 0 left out" in said
    assert "P2: a region must match --roi T=`tum.*r`, N=`node`. Found none among: Other" in said
    assert f"Next: medmtl check {tmp_path / 'out'} --prepare.labels='{{T: 1}}'" in said


def test_the_command_ends_with_2_where_nothing_could_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patient(tmp_path / "in", pet=set_tags(Units="PROPCNTS"))
    with pytest.raises(SystemExit) as ended:
        main(["import", "dicom", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1"])
    assert ended.value.code == 2
    assert "P1: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.shared_data
def test_the_published_patients_give_the_published_images(shared_data: Path, tmp_path: Path) -> None:
    wanted = DicomImport(shared_data / "sts" / "dicom", tmp_path / "out", jobs=2)
    cohort = read_manifest(import_dicom(wanted).manifest)
    assert cohort.ids == ("STS_008", "STS_019", "STS_025")
    for case in cohort.cases:
        published = shared_data / "sts" / "nifti" / case.case_id
        for path, name, atol in ((case.ct, "CT_image", 0), (case.pet, "PET_image", 1e-4), (case.mask, "CT_mask", 0)):
            assert path is not None
            expected = read_image(published / f"{name}.nii.gz").array
            np.testing.assert_allclose(read_image(path).array, expected, atol=atol)


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_reference_objects_are_cases_by_folder(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "suv_dro"
    roi = {"Sphere": r"region_\d"}
    wanted = DicomImport(source, tmp_path / "out", choosing=Choosing(roi=roi), case_by=CaseBy.FOLDER, jobs=1)
    expected = pd.read_csv(source / "DRO_list.csv").set_index("ID")
    cohort = read_manifest(import_dicom(wanted).manifest)
    assert len(cohort.cases) == 9
    for case in cohort.cases:
        assert case.mask is not None
        drawn = read_image(source / case.case_id / "mask" / "DRO_mask.nii.gz").array > 0
        suv = read_image(case.pet).array[drawn]
        wished = expected.loc[case.case_id, ["SUVmin_expected", "SUVmed_expected", "SUVmax_expected"]].astype(float)
        np.testing.assert_allclose([suv.min(), np.median(suv), suv.max()], wished, atol=0.025)
