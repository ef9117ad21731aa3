import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import Change, both, headers_of, set_tags, set_tracer
from pydicom.dataset import Dataset

from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.series import Series, read_series
from medmtl.dicom.suv import SuvConversion, suv_conversion, to_suv
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Grid, Image

Write = Callable[..., list[Path]]
PER_BECQUEREL = 70e3 / 350e6  # weight [g] over dose [Bq]: the factor where nothing has decayed
HOUR = 0.5 ** (3600 / 6586.2)  # what remains after an hour


def convert(change: Change, overrides: SuvOverrides | None = None) -> SuvConversion:
    image = Image(np.zeros((4, 8, 6)), Grid((6, 8, 4), (2, 4, 3), (0, 0, 0)))
    files = tuple(Path(f"PT/{number}.dcm") for number in range(4))
    return suv_conversion(Series(files, image, headers_of("PT", change)), overrides)


def _gml(kind: str, sex: str, height: float = 1.75) -> Change:
    return set_tags(Units="GML", SUVType=kind, PatientSize=height, PatientSex=sex)


def _philips(**factors: float) -> Change:
    """Write Philips' factors (`suv`, `activity`) into their private block."""

    def change(header: Dataset, index: int) -> None:
        header.Units = "CNTS"
        block = header.private_block(0x7053, "Philips PET Private Group", create=True)
        for name, value in factors.items():
            block.add_new({"suv": 0x00, "activity": 0x09}[name], "DS", f"{value:g}")

    return change


def _in_the_second_block(header: Dataset, index: int) -> None:
    header.Units = "CNTS"
    header.private_block(0x7053, "Someone else", create=True).add_new(0x00, "DS", "7")
    header.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x00, "DS", "0.0005")


def _without_creator(header: Dataset, index: int) -> None:
    header.Units = "CNTS"
    header.add_new(0x70531000, "UN", b"0.0005 ")


# the masses are worked by hand for 70 kg and 1.75 m: W/H = 0.4 kg/cm, index 22.857, height above 152 cm 23 cm
JAMES_M, JAMES_F = 1.1 * 70 - 128 * 0.16, 1.07 * 70 - 148 * 0.16  # 56.52, 51.22
LBM_M = 1.1 * 70 - 120 * 0.16  # 57.80
JANMA_M, JANMA_F = 648900 / 11617.142857, 648900 / 14357.142857  # 55.857, 45.197
SURFACE_CM2 = 18481.0  # Du Bois' chart for 70 kg and 1.75 m: 1.85 m²


@pytest.mark.parametrize(
    ("change", "branch", "factor"),
    [
        (set_tags(), "BQML:START:series", PER_BECQUEREL / HOUR),
        (set_tags(DecayCorrection="ADMIN"), "BQML:ADMIN", PER_BECQUEREL),
        (set_tags(PatientWeight=70000), "BQML:START:series", PER_BECQUEREL / HOUR),
        (set_tags(Units="GML"), "GML:BW", 1.0),
        (_gml("BW", "M"), "GML:BW", 1.0),
        (_gml("IBW", "M"), "GML:IBW:M", 70 / 72.38),
        (_gml("IBW", "F", 175), "GML:IBW:F", 70 / 66.43),
        (_gml("IBW", "O"), "GML:IBW:O", 70 / 69.405),
        (_gml("LBM", "M"), "GML:LBM:M", 70 / LBM_M),
        (_gml("LBM", "F"), "GML:LBM:F", 70 / JAMES_F),
        (_gml("LBM", "O"), "GML:LBM:O", 140 / (LBM_M + JAMES_F)),
        (_gml("LBMJAMES128", "M"), "GML:LBMJAMES128:M", 70 / JAMES_M),
        (_gml("LBMJAMES128", "F"), "GML:LBMJAMES128:F", 70 / JAMES_F),
        (_gml("LBMJANMA", "M", 175), "GML:LBMJANMA:M", 70 / JANMA_M),
        (_gml("LBMJANMA", "F"), "GML:LBMJANMA:F", 70 / JANMA_F),
        (_gml("LBMJANMA", "O"), "GML:LBMJANMA:O", 140 / (JANMA_M + JANMA_F)),
        (_philips(suv=0.0005), "CNTS:Philips SUV", 0.0005),
        (_philips(suv=0.0005, activity=2), "CNTS:Philips SUV", 0.0005),
        (_philips(activity=2.0), "CNTS:Philips activity:BQML:START:series", 2 * PER_BECQUEREL / HOUR),
        (_philips(suv=0, activity=2), "CNTS:Philips activity:BQML:START:series", 2 * PER_BECQUEREL / HOUR),
        (_in_the_second_block, "CNTS:Philips SUV", 0.0005),
        (_without_creator, "CNTS:Philips SUV", 0.0005),
    ],
)
def test_every_unit_gives_the_factor_worked_by_hand(change: Change, branch: str, factor: float) -> None:
    found = convert(change)
    assert found.branch == branch
    np.testing.assert_allclose(found.factors, [factor] * 4, rtol=1e-8)
    assert found.constants["factor"] == found.factors[0]


@pytest.mark.parametrize("kind", ["BSA", None])
def test_uptake_by_surface_is_turned_by_weight_over_surface(kind: str | None) -> None:
    found = convert(set_tags(Units="CM2ML", SUVType=kind, PatientSize=1.75))
    assert found.branch == "CM2ML:BSA"
    np.testing.assert_allclose(found.factors, 70e3 / SURFACE_CM2, rtol=1e-3)


def test_an_uncorrected_series_of_philips_goes_by_activity() -> None:
    change = both(_philips(suv=0.0005, activity=2), set_tags(DecayCorrection="NONE", ActualFrameDuration=180000))
    assert convert(change).branch == "CNTS:Philips activity:BQML:NONE"


def test_philips_factors_that_differ_are_noted() -> None:
    assert convert(_philips(suv=2 * PER_BECQUEREL / HOUR, activity=2)).notes == ()
    assert "differ by 10.0%" in convert(_philips(suv=2 * PER_BECQUEREL / HOUR / 1.1, activity=2)).notes[0]


def _of_one_slice(**tags: object) -> Change:
    return lambda header, index: set_tags(**tags)(header, index) if index == 2 else None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_tags(Units="PROPCNTS"), "Units must be BQML, GML, CM2ML or CNTS. Found PROPCNTS"),
        (set_tags(Units="CPS"), "Found CPS"),
        (set_tags(Units=None), "Found none"),
        (set_tags(Units="CNTS"), "Found neither"),
        (_philips(suv=0, activity=0), "Found neither"),
        (both(_philips(suv=0.0005), set_tags(DecayCorrection="NONE")), "Found neither"),
        (_gml("BSA", "M"), "SUVType must be BW, LBM"),
        (set_tags(Units="CM2ML", SUVType="BW", PatientSize=1.7), "SUVType must be BSA"),
        (set_tags(Units="CM2ML"), "PatientSize must be given. Found none; give height_m"),
        (set_tags(Units="GML", SUVType="IBW", PatientSex="F"), "PatientSize must be given. Found none; give height_m"),
        (set_tags(Units="GML", SUVType="IBW", PatientSize=1.7), "PatientSex must be M, F or O. Found ''; give sex"),
        (_gml("LBM", "F", 0.4), "a mass above 0"),
        (set_tags(PatientWeight=None), "PatientWeight must be given. Found none; give weight_kg"),
        (set_tags(PatientWeight=0), "PatientWeight must be given"),
        (set_tags(CorrectedImage=["DECY"]), "without ATTN"),
        (set_tags(CorrectedImage=["DECY"], DecayCorrection="NONE"), "without ATTN"),
        (set_tags(CorrectedImage=None), "Found none, without ATTN and DECY"),
        (set_tags(CorrectedImage="ATTN"), "without DECY"),
        (set_tags(RescaleIntercept=-5), "RescaleIntercept of a PET must be 0. Found -5"),
        (set_tags(RescaleSlope=-5), "RescaleSlope of a PET must be above 0"),
        (set_tags(SeriesType=["DYNAMIC", "IMAGE"]), "STATIC"),
        (set_tags(SeriesType=["GATED", "IMAGE"]), "STATIC"),
        (_of_one_slice(Units="GML"), "Units must be the same in every slice. Found BQML in 0.dcm and GML in 2.dcm"),
        (_of_one_slice(PatientWeight=71), "PatientWeight must be the same"),
        (
            lambda header, index: set_tracer(RadionuclideTotalDose=350e6 + index)(header, index),
            "RadionuclideTotalDose must be the same",
        ),
    ],
)
def test_what_is_missing_or_not_handled_is_refused_and_never_invented(change: Change, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason) as caught:
        convert(change)
    assert str(caught.value).endswith("The series cannot be turned into SUV.")


def test_weight_and_height_may_come_from_the_table_which_is_told() -> None:
    found = convert(set_tags(PatientWeight=None), SuvOverrides(weight_kg=80))
    np.testing.assert_allclose(found.factors, PER_BECQUEREL / HOUR * 80 / 70, rtol=1e-8)
    assert found.constants["weight_kg"] == 80
    assert found.notes == ("from the table: weight_kg",)
    known = SuvOverrides(height_m=1.75, sex="M")
    found = convert(set_tags(Units="GML", SUVType="IBW"), known)
    np.testing.assert_allclose(found.factors, 70 / 72.38, rtol=1e-8)


def test_what_is_suv_already_does_not_use_the_table_which_is_told() -> None:
    weight = SuvOverrides(weight_kg=80)
    for change in (set_tags(Units="GML"), _philips(suv=0.0005)):
        found = convert(change, weight)
        assert any("of the table are not" in note for note in found.notes)
        assert not any("from the table" in note for note in found.notes)
    both_factors = convert(_philips(suv=0.0005, activity=2), weight)
    np.testing.assert_allclose(both_factors.factors, 2 * PER_BECQUEREL / HOUR * 80 / 70, rtol=1e-8)


def test_pet_is_read_as_numbers_whatever_the_first_slope_is(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        set_tags(Units="GML", RescaleSlope=1 if index == 0 else 0.0001 * index)(header, index)
        header.PixelData = np.array([-2, 1, 20000, 32767] * 12, dtype="<i2").tobytes()

    series = read_series(write_series("PT", change), "PT")
    np.testing.assert_allclose(series.image.array[0, 0, :4], [-2, 1, 20000, 32767])
    np.testing.assert_allclose(series.image.array[2, 0, :4], [-0.0004, 0.0002, 4, 6.5534], rtol=1e-6)


def test_negative_values_stay_as_they_are(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.PixelData = np.array([-1000, 5000] * 24, dtype="<i2").tobytes()

    image, _ = to_suv(read_series(write_series("PT", change), "PT"))
    np.testing.assert_allclose(image.array.min(), -1000 * PER_BECQUEREL / HOUR, rtol=1e-6)
    assert image.array.dtype == np.float32


def test_an_image_that_cannot_be_suv_is_refused_and_an_unusual_one_noted(write_series: Write) -> None:
    for factor in (1e-7, 1000):
        series = read_series(write_series("PT", set_tags(Units="GML", RescaleSlope=factor)), "PT")
        with pytest.raises(MedmtlError, match=r"SUV in the middle of the image must be 0\.01 to 300"):
            to_suv(series)
    for slope, notes in ((0.01, 1), (0.0005, 0), (0.000002, 1)):
        _, found = to_suv(read_series(write_series("PT", set_tags(Units="GML", RescaleSlope=slope)), "PT"))
        assert len(found.notes) == notes
        np.testing.assert_allclose(found.constants["central_suv"], 15000 * slope, rtol=1e-6)


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
def test_a_published_pet_has_the_published_suv(patient: str, shared_data: Path) -> None:
    files = sorted((shared_data / "sts" / "dicom" / patient / "PET" / "image").iterdir())
    image, _ = to_suv(read_series(files, "PT"))
    published = read_image(shared_data / "sts" / "nifti" / patient / "PET_image.nii.gz")
    np.testing.assert_allclose(image.array, published.array, atol=1e-4)
    np.testing.assert_allclose(image.grid.origin, published.grid.origin, atol=1e-4)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", [f"DRO_{n}" for n in ("0_0", "1_0", "2_0", "2_2", "2_4", "3_0", "3_2", "4_0", "5_0")])
def test_the_reference_objects_of_ibsi_have_the_expected_suv(name: str, shared_data: Path) -> None:
    rows = csv.DictReader((shared_data / "suv_dro" / "DRO_list.csv").read_text("utf-8-sig").splitlines())
    expected = next(row for row in rows if row["ID"] == name)
    image, _ = to_suv(read_series(sorted((shared_data / "suv_dro" / name / "PT").iterdir()), "PT"))
    inside = image.array[read_image(shared_data / "suv_dro" / name / "mask" / "DRO_mask.nii.gz").array > 0]
    found = [inside.min(), np.median(inside), inside.max()]
    wanted = [float(expected[f"SUV{which}_expected"]) for which in ("min", "med", "max")]
    np.testing.assert_allclose(found, wanted, atol=0.01)
