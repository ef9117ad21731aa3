"""Every number of a report is read back under its code, with its unit, its method and the segment it is of."""

from pathlib import Path

import highdicom
import pytest
from dicom_files import write_series
from pydicom import Dataset
from pydicom.sr.codedict import codes

from medmtl.dicom.identifiers import SourceIdentifiers
from medmtl.dicom.measure_codes import GROUP
from medmtl.dicom.measure_groups import Findings
from medmtl.dicom.reference import Origin, Reference, make_reference
from medmtl.dicom.series import read_series
from medmtl.dicom.write_sr import Segmented, make_report

ORIGIN = Origin("9.9", "a run", "fold 1")
PRIMARY = {
    "volume_ml": 12.345678,
    "suv_max": 10.5,
    "suv_mean": 4.25,
    "tlg": 52.4691,
    "mtv_41_percent_ml": 6.5,
    "mtv_suv_2_5_ml": 9.75,
    "mtv_suv_4_ml": 7.125,
}
NODES = {name: value / 2 for name, value in PRIMARY.items()}
RISKS = {"risk": 1.5, "deep_log_hazard": -0.123456789012345}
FINDINGS = Findings(PRIMARY, {"GTVp": PRIMARY, "GTVn": NODES}, RISKS, "high", "pfs")


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    series = read_series(write_series(tmp_path / "CT", "CT"), "CT")
    return make_reference(series.image.grid, series.headers, SourceIdentifiers())


def _read(
    reference: Reference, path: Path, *, written: bool, findings: Findings = FINDINGS
) -> highdicom.sr.ComprehensiveSR:
    made = make_report(findings, Segmented("2.25.5", written), reference, ORIGIN)
    made.save_as(path, enforce_file_format=True)
    return highdicom.sr.srread(path)


def _numbers(group: Dataset) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Return value and unit by the meanings of name, derivation and method."""
    found = {}
    for measurement in group.get_measurements():
        derivation = measurement.derivation.meaning if measurement.derivation else ""
        method = measurement.method.meaning if measurement.method else ""
        found[measurement.name.meaning, derivation, method] = (measurement.value, measurement.unit.value)
    return found


def test_measurements_of_a_label_are_read_back(reference: Reference, tmp_path: Path) -> None:
    report = _read(reference, tmp_path / "sr.dcm", written=True)
    primary, nodes = report.content.get_volumetric_roi_measurement_groups()
    assert (primary.tracking_identifier, nodes.tracking_identifier) == ("GTVp", "GTVn")
    assert nodes.finding_sites[0].value.meaning == "Lymph Node"
    assert _numbers(primary) == {
        ("Volume", "", "Sum of segmented voxel method for volume"): (12.345678, "mL"),
        ("SUVbw", "Maximum", ""): (10.5, "g/ml{SUVbw}"),
        ("SUVbw", "Mean", ""): (4.25, "g/ml{SUVbw}"),
        ("Total Lesion Glycolysis", "", "SUVbw mean times volume of the region"): (52.4691, "g"),
        ("Metabolic Volume", "", "Voxels of the region, SUVbw >= 41 % of its SUVmax"): (6.5, "mL"),
        ("Metabolic Volume", "", "Voxels of the region, SUVbw >= 2.5 g/mL"): (9.75, "mL"),
        ("Metabolic Volume", "", "Voxels of the region, SUVbw >= 4 g/mL"): (7.125, "mL"),
    }
    assert nodes.get_measurements(name=codes.SCT.Volume)[0].value == pytest.approx(12.345678 / 2, rel=1e-7)


def test_the_whole_case_has_its_risk_where_higher_is_worse(reference: Reference, tmp_path: Path) -> None:
    report = _read(reference, tmp_path / "sr.dcm", written=True)
    (whole,) = report.content.get_image_measurement_groups()
    numbers = _numbers(whole)
    assert numbers["Log relative hazard, fused Cox model (higher = worse)", "", ""] == (1.5, "1")
    assert numbers["Log relative hazard, network (higher = worse)", "", ""] == (-0.12345679, "1")
    assert numbers["Volume", "", "Sum of segmented voxel method for volume"] == (12.345678, "mL")
    (group,) = whole.get_qualitative_evaluations(name=GROUP)
    assert (group.name.meaning, group.value.meaning) == ("Risk group, cut at the training cases' median", "High risk")


def test_a_report_leads_to_the_segments_that_were_written(reference: Reference, tmp_path: Path) -> None:
    report = _read(reference, tmp_path / "sr.dcm", written=True)
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert [group.referenced_segment.referenced_sop_instance_uid for group in groups] == ["2.25.5"] * 2
    assert [list(group.referenced_segment.referenced_segment_numbers) for group in groups] == [[1], [2]]
    told = {
        item.ReferencedSOPInstanceUID
        for study in report.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert told == {"2.25.5", *(header.SOPInstanceUID for header in reference.headers)}


def test_without_a_segmentation_the_same_numbers_stand_alone(reference: Reference, tmp_path: Path) -> None:
    report = _read(reference, tmp_path / "sr.dcm", written=False)
    assert report.content.get_volumetric_roi_measurement_groups() == []
    groups = report.content.get_image_measurement_groups()
    assert [group.tracking_identifier for group in groups] == ["GTVp", "GTVn", "whole case"]
    assert groups[0].get_measurements(name=codes.SCT.Volume)[0].value == 12.345678


def test_what_is_not_known_is_not_reported(reference: Reference, tmp_path: Path) -> None:
    findings = Findings({"volume_ml": 1.0}, {}, {}, None, "pfs")
    report = _read(reference, tmp_path / "sr.dcm", written=False, findings=findings)
    (whole,) = report.content.get_image_measurement_groups()
    assert [measurement.name.meaning for measurement in whole.get_measurements()] == ["Volume"]
    assert whole.get_qualitative_evaluations(name=GROUP) == []


def test_no_code_meaning_is_longer_than_dicom_allows(reference: Reference) -> None:
    made = make_report(FINDINGS, Segmented("2.25.5", written=True), reference, ORIGIN)
    lengths = [len(element.value) for element in made.iterall() if element.keyword == "CodeMeaning"]
    assert lengths
    assert max(lengths) <= 64
