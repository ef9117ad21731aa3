"""Nothing that tells of a person leaves but the ids that are asked for; with a key, not even those."""

import json
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from hospital_files import Hospital, make_hospital, values_of
from pydicom import Dataset

from medmtl.dicom.seg import read_seg
from medmtl.errors import MedmtlError
from medmtl.stages.export import export
from medmtl.stages.export_kinds import Kind

PLANTED = {  # one word per attribute, that occurs nowhere else
    "PatientName": "Zuverlaessig^Zoe",
    "PatientBirthDate": "19330917",
    "PatientSex": "O",
    "OtherPatientIDs": "OTHERID77",
    "PatientComments": "COMMENT77",
    "PatientAddress": "ADDRESS77",
    "AccessionNumber": "ACCESS77",
    "StudyID": "STUDYID77",
    "StudyDate": "20190406",
    "SeriesDate": "20190407",
    "AcquisitionDate": "20190408",
    "ContentDate": "20190409",
    "AcquisitionDateTime": "20190408111213",
    "StudyDescription": "STUDYTEXT77",
    "SeriesDescription": "SERIESTEXT77",
    "ProtocolName": "PROTOCOL77",
    "InstitutionName": "CLINIC77",
    "InstitutionAddress": "STREET77",
    "StationName": "STATION77",
    "DeviceSerialNumber": "SERIAL77",
    "Manufacturer": "MAKER77",
    "ReferringPhysicianName": "DOCTOR77",
    "PerformingPhysicianName": "PERFORMER77",
    "OperatorsName": "OPERATOR77",
    "ClinicalTrialSubjectID": "TRIAL77",
    "EthnicGroup": "ETHNIC77",
    "PatientState": "STATE77",
    "ImageComments": "IMAGETEXT77",
}
NESTED, PRIVATE = "NESTED77", "PRIVATE77"
SECRETS = {*PLANTED.values(), NESTED, PRIVATE, "Zuverlaessig"} - {"O"}


def _plant(header: Dataset, index: int) -> None:
    for name, value in PLANTED.items():
        setattr(header, name, value)
    item = Dataset()
    item.RequestedProcedureID, item.RequestedProcedureDescription = NESTED, NESTED
    header.RequestAttributesSequence = [item]
    header.private_block(0x0009, PRIVATE, create=True).add_new(0x10, "LO", PRIVATE)


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return make_hospital(tmp_path, _plant)


def _source_ids(hospital: Hospital) -> set[str]:
    names = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
    files = [path for path in hospital.options.source.rglob("*.dcm") if "P1" in path.parts or "P2" in path.parts]
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
    return {str(header.get(name)) for header in headers for name in names} | {header.PatientID for header in headers}


def _told(folder: Path) -> list[str]:
    """Return every name of a file or folder, every value, and the raw bytes as text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    values = [value for path in files if path.suffix == ".dcm" for value in values_of(path)]
    return [*names, *values, *(path.read_bytes().decode("latin-1") for path in files)]


def test_the_planted_words_are_found_where_they_are(hospital: Hospital) -> None:
    told = _told(hospital.options.source)
    assert {secret for secret in SECRETS if any(secret in text for text in told)} == SECRETS


def test_nothing_leaves_but_the_ids_that_lead_to_the_ct(hospital: Hospital) -> None:
    for kind in Kind:
        export(kind, hospital.run, hospital.options)
    told = _told(hospital.options.out)
    assert {secret for secret in SECRETS if any(secret in text for text in told)} == set()
    for path in hospital.options.out.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        assert dataset.PatientID == path.parent.name
        given = {name for name in PLANTED if dataset.get(name)}
        assert given <= {"Manufacturer", "DeviceSerialNumber", "SeriesDescription", "ContentDate"}  # medmtl, today


def test_with_a_key_no_id_of_the_source_leaves(hospital: Hospital) -> None:
    options = replace(hospital.options, key_file=hospital.root / "keys" / "key.json")
    for kind in Kind:
        export(kind, hospital.run, options)
    told, ids = _told(options.out), _source_ids(hospital)
    assert {secret for secret in SECRETS | ids if any(secret in text for text in told)} == set()
    assert len(list(options.out.rglob("*.dcm"))) == 6
    assert sorted(path.name for path in options.out.iterdir() if not path.name.startswith("case-")) == []
    for path in options.out.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        assert (dataset.PatientID, dataset.PatientIdentityRemoved) == (path.parent.name, "YES")
        dates = {element.value for element in dataset.iterall() if element.VR in {"DA", "TM", "DT"}}
        assert dates <= {"", "19000101", "000000", "19000101000000"}


def test_the_key_leads_from_the_new_ids_to_the_same_voxels(hospital: Hospital) -> None:
    options = replace(hospital.options, key_file=hospital.root / "key.json")
    for kind in (Kind.SEG, Kind.SR):
        export(kind, hospital.run, options)
    key, ct = json.loads((hospital.root / "key.json").read_text()), hospital.ct("P1")
    path = options.out / key["patients"]["P1"] / "seg.dcm"
    back = read_seg(path, {"GTVp": "GTVp", "GTVn": "GTVn"}, ct.image.grid, key["uids"][ct.frame_of_reference])
    assert (back.image.array == hospital.mask("P1").array).all()
    seg = pydicom.dcmread(path)
    referenced = seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    mapped = {key["uids"][header.SOPInstanceUID] for header in ct.headers}
    assert {item.ReferencedSOPInstanceUID for item in referenced} == mapped
    assert seg.SOPInstanceUID in values_of(path.with_name("sr.dcm"))  # kind by kind, the same new ids


def test_a_second_export_with_the_key_finds_the_same_files(hospital: Hospital) -> None:
    options = replace(hospital.options, key_file=hospital.root / "key.json")
    export(Kind.SEG, hospital.run, options)
    before = options.key_file.read_bytes()
    assert "2 kept as it was" in export(Kind.SEG, hospital.run, options)
    assert options.key_file.read_bytes() == before


def test_a_failure_whose_files_are_named_by_the_patient_stays_behind(hospital: Hospital) -> None:
    (hospital.options.source / "deep" / "P2").rename(hospital.options.source / "deep" / "Zuverlaessig")
    next((hospital.options.source / "deep" / "Zuverlaessig").rglob("3.dcm")).unlink()  # a slice is missing
    with pytest.raises(MedmtlError, match="Zuverlaessig"):
        export(Kind.SEG, hospital.run, hospital.options)
    assert "Zuverlaessig" in (hospital.root / "out_failures.csv").read_text()
    assert not any("Zuverlaessig" in text for text in _told(hospital.options.out))
    assert {path.name for path in hospital.options.out.iterdir()} == {"P1"}


def test_failures_with_a_key_are_told_beside_the_key(hospital: Hospital) -> None:
    options = replace(hospital.options, key_file=hospital.root / "keys" / "key.json")
    (hospital.run / "predictions" / "masks" / "P2.nii.gz").unlink()
    with pytest.raises(MedmtlError, match="Case P2"):
        export(Kind.SEG, hospital.run, options)
    assert "P2" in (hospital.root / "keys" / "key_failures.csv").read_text()
    assert not any("P2" in text for text in _told(options.out))
