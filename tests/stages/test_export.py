"""Predictions leave as DICOM that is read back exactly, beside the CT they belong to."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from dicom_files import Place, write_series
from hospital_files import LABELS, Hospital, make_hospital, values_of
from pydicom.sr.codedict import codes

from medmtl.cli import main
from medmtl.dicom.fill import fill_contours
from medmtl.dicom.groups import CaseBy
from medmtl.dicom.measure_codes import RISKS
from medmtl.dicom.rtstruct import read_contours
from medmtl.dicom.seg import read_seg
from medmtl.errors import MedmtlError
from medmtl.features.extract import extract_case
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import from_sitk, to_sitk
from medmtl.stages.export import export
from medmtl.stages.export_kinds import Kind

PATTERNS = {name: name for name in LABELS}


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return make_hospital(tmp_path)


@pytest.mark.parametrize("case_id", ["P1", "P2"])
def test_the_voxels_that_leave_are_those_that_come_back(case_id: str, hospital: Hospital) -> None:
    assert export(Kind.SEG, hospital.run, hospital.options).startswith("seg of 2 cases: 2 written; in ")
    export(Kind.RTSTRUCT, hospital.run, hospital.options)

    ct = hospital.ct(case_id)
    segments = read_seg(hospital.made(case_id, "seg"), PATTERNS, ct.image.grid, ct.frame_of_reference)
    filled = fill_contours(
        read_contours(hospital.made(case_id, "rtstruct"), PATTERNS), ct.image.grid, ct.frame_of_reference
    )
    for back in (segments.image, filled.image):
        np.testing.assert_array_equal(back.array, hospital.mask(case_id).array)


def test_a_mask_whose_axes_another_program_turned_comes_back_the_same(hospital: Hospital) -> None:
    mask, ct = hospital.mask("P1"), hospital.ct("P1")
    hospital.write_mask("P1", from_sitk(sitk.Flip(to_sitk(mask), (True, True, True))))
    export(Kind.SEG, hospital.run, hospital.options)
    back = read_seg(hospital.made("P1", "seg"), PATTERNS, ct.image.grid, ct.frame_of_reference)
    np.testing.assert_array_equal(back.image.array, mask.array)


def test_a_report_gives_the_features_and_the_risks_of_the_run(hospital: Hospital) -> None:
    export(Kind.SEG, hospital.run, hospital.options)
    export(Kind.SR, hospital.run, hospital.options)

    content = highdicom.sr.srread(hospital.made("P1", "sr")).content
    (whole,) = content.get_image_measurement_groups()
    features = extract_case(hospital.pet("P1"), hospital.ct("P1").image, hospital.mask("P1"), RadiomicsSettings())
    known = features.to_dict()["values"]
    for code, name in ((codes.SCT.Volume, "volume_ml"), (codes.DCM.TotalLesionGlycolysis, "tlg")):
        assert whole.get_measurements(name=code)[0].value == pytest.approx(known[name], rel=1e-7)
    suv = [measurement.value for measurement in whole.get_measurements(name=codes.DCM.Suvbw)]
    assert suv == pytest.approx([known["suv_max"], known["suv_mean"]], rel=1e-7)
    for name, value in (("risk", 1.25), ("deep_log_hazard", 0.5)):
        assert whole.get_measurements(name=RISKS[name].name)[0].value == value
    groups = content.get_volumetric_roi_measurement_groups()
    seg = highdicom.seg.segread(hospital.made("P1", "seg"))
    assert {group.referenced_segment.referenced_sop_instance_uid for group in groups} == {seg.SOPInstanceUID}
    volumes = [group.get_measurements(name=codes.SCT.Volume)[0].value for group in groups]
    assert volumes == pytest.approx([31 * 0.024, 3 * 0.024])


def test_a_report_without_a_segmentation_stands_alone(hospital: Hospital) -> None:
    export(Kind.SR, hospital.run, hospital.options)
    content = highdicom.sr.srread(hospital.made("P2", "sr")).content
    assert content.get_volumetric_roi_measurement_groups() == []
    whole = content.get_image_measurement_groups()[-1]
    assert whole.get_measurements(name=RISKS["risk"].name) == []  # the fused model does not know P2
    assert whole.get_measurements(name=RISKS["deep_log_hazard"].name)[0].value == -0.25


def test_what_is_there_is_kept_and_nothing_else_is_overwritten(hospital: Hospital) -> None:
    for kind in Kind:
        export(kind, hospital.run, hospital.options)
    before = {path: path.read_bytes() for path in hospital.options.out.rglob("*.dcm")}
    assert len(before) == 6
    for kind in Kind:
        assert "2 kept as it was" in export(kind, hospital.run, hospital.options)
    other = hospital.mask("P1")
    other.array[3, 0, 0] = 1
    hospital.write_mask("P1", other)
    for kind in Kind:
        with pytest.raises(MedmtlError, match=r"1 kept as it was, 1 failed"):
            export(kind, hospital.run, hospital.options)
    assert {path: path.read_bytes() for path in hospital.options.out.rglob("*.dcm")} == before


def test_a_case_without_a_tumour_is_told_and_skipped(hospital: Hospital, caplog: pytest.LogCaptureFixture) -> None:
    told = export(Kind.SEG, hospital.run, replace(hospital.options, cases=()))
    assert "2 written, 1 skipped, as nothing was segmented" in told
    assert "Case P3: nothing was segmented" in caplog.text
    assert not (hospital.options.out / "P3").exists()


def test_a_case_that_fails_is_named_and_the_others_go_on(hospital: Hospital) -> None:
    shutil.rmtree(hospital.root / "dicom" / "deep" / "P1")
    shutil.rmtree(hospital.root / "dicom" / "P1")
    with pytest.raises(MedmtlError, match=r"1 written, 1 failed.*\n  Case P1: --dicom must hold the case"):
        export(Kind.SEG, hospital.run, hospital.options)
    failures = pd.read_csv(hospital.root / "out_failures.csv")
    assert failures[["case_id", "stage"]].to_numpy().tolist() == [["P1", "export seg"]]
    assert hospital.made("P2", "seg").is_file()
    export(Kind.SEG, hospital.run, replace(hospital.options, cases=("P2",)))
    assert pd.read_csv(hospital.root / "out_failures.csv").empty


def test_two_series_that_fit_are_a_choice_that_is_not_made(hospital: Hospital) -> None:
    ct = hospital.ct("P2").headers[0]
    place = Place("P2", ct.StudyInstanceUID, ct.FrameOfReferenceUID, series=f"{ct.SeriesInstanceUID}.7")
    write_series(hospital.root / "dicom" / "again", "CT", place=place)
    with pytest.raises(MedmtlError, match=r"Case P2: one CT must fit the mask. Found 2"):
        export(Kind.SEG, hospital.run, hospital.options)


def test_of_two_cts_on_the_same_voxels_the_named_one_is_taken(hospital: Hospital) -> None:
    ct = hospital.ct("P1").headers[0]
    place = Place("P1", ct.StudyInstanceUID, ct.FrameOfReferenceUID, "1.2.3.4")
    write_series(hospital.root / "dicom" / "second", "CT", place=place)
    options = replace(hospital.options, cases=("P1",), series=("1.2.3.4",))
    export(Kind.SEG, hospital.run, options)
    made = pydicom.dcmread(hospital.made("P1", "seg"))
    assert made.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.3.4"


def test_a_file_in_the_place_of_the_folder_is_refused_at_once(hospital: Hospital) -> None:
    hospital.options.out.write_text("x")
    with pytest.raises(MedmtlError, match="must be a folder"):
        export(Kind.SEG, hospital.run, hospital.options)


def test_cases_are_found_in_an_archive_and_by_folder_as_the_import_finds_them(hospital: Hospital) -> None:
    source = hospital.root / "packed"
    for case_id in hospital.options.cases:
        images = hospital.root / "dicom" / "deep" / case_id
        shutil.make_archive(str(source / case_id), "zip", images)
        for path in images.rglob("*.dcm"):  # whose PatientID says nothing
            header = pydicom.dcmread(path)
            header.PatientID = ""
            header.save_as(path)
    by_patient = replace(hospital.options, source=source)
    by_folder = replace(by_patient, source=hospital.root / "dicom" / "deep", case_by=CaseBy.FOLDER)
    for number, options in enumerate((by_patient, by_folder)):
        out = hospital.root / f"out-{number}"
        assert "2 written" in export(Kind.SEG, hospital.run, replace(options, out=out))
        dataset = pydicom.dcmread(out / "P1" / "seg.dcm")
        assert dataset.PatientID == ("P1" if options.case_by is CaseBy.PATIENT else "")


def test_a_mask_on_another_grid_is_refused_not_resampled(hospital: Hospital) -> None:
    mask = hospital.mask("P2")
    hospital.write_mask("P2", replace(mask, grid=replace(mask.grid, origin=(-9.0, -20.0, 30.0))))
    with pytest.raises(MedmtlError, match=r"Case P2: a series must lie on the mask's voxels.*is not resampled"):
        export(Kind.SEG, hospital.run, hospital.options)


def test_where_there_is_no_ct_the_mask_lies_on_the_pet(hospital: Hospital) -> None:
    shutil.rmtree(hospital.root / "dicom" / "deep" / "P2")
    mask = hospital.mask("P2")
    hospital.write_mask("P2", replace(mask, grid=replace(mask.grid, spacing=(3.0, 4.0, 3.0))))
    export(Kind.SEG, hospital.run, replace(hospital.options, cases=("P2",)))
    seg = highdicom.seg.segread(hospital.made("P2", "seg"))
    referenced = seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPClassUID
    assert referenced.name == "Positron Emission Tomography Image Storage"


def test_a_mask_with_a_label_that_nobody_named_is_refused(hospital: Hospital) -> None:
    mask = hospital.mask("P2")
    mask.array[0, 0, 1] = 7
    hospital.write_mask("P2", mask)
    with pytest.raises(MedmtlError, match=r"Case P2: its mask must hold 0 and the labels"):
        export(Kind.SEG, hospital.run, hospital.options)


def test_predictions_for_new_cases_leave_by_the_command(hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> None:
    new = hospital.root / "new"
    shutil.copytree(hospital.run / "predictions", new)
    table = pd.DataFrame({"case_id": ["P1", "P2"], "risk": [0.75, np.nan], "deep_log_hazard": [0.1, 0.2]})
    table.to_csv(new / "cases.csv", index=False)
    (new / "prediction.json").write_text(json.dumps({"run": "../run", "endpoint": "pfs", "labels": LABELS}))
    given = [str(new), "--dicom", str(hospital.options.source), "--out", str(hospital.options.out)]

    with pytest.raises(SystemExit, match="2"):
        main(["export", "sr", *given])
    assert "--cohort must name the manifest" in capsys.readouterr().err
    main(["export", "sr", *given, "--cohort", str(hospital.root / "cohort")])

    assert "sr of 2 cases: 2 written" in capsys.readouterr().out
    whole = highdicom.sr.srread(hospital.made("P1", "sr")).content.get_image_measurement_groups()[-1]
    assert whole.get_measurements(name=RISKS["risk"].name)[0].value == 0.75
    assert "models=all folds together" in values_of(hospital.made("P1", "sr"))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--cases", "P1", "P9"], "It has no P9"),
        (["--deidentify"], "--deidentify and --key-file go together"),
        (["--key-file", "key.json"], "--deidentify and --key-file go together"),
        (["--dicom", "nowhere"], "the folder of the DICOM files does not exist"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    more: list[str], reason: str, hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(hospital.run), "--dicom", str(hospital.options.source), "--out", str(hospital.options.out)]
    with pytest.raises(SystemExit, match="2"):
        main(["export", "seg", *given, *more])
    assert reason in capsys.readouterr().err
    assert not hospital.options.out.exists()


def test_a_folder_that_is_neither_run_nor_predictions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MedmtlError, match="It is neither"):
        export(Kind.SEG, tmp_path, Hospital(tmp_path).options)
