import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medmtl.dicom.series import read_series
from medmtl.dicom.suv import SuvConversion, suv_conversion, to_suv
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image

Write = Callable[..., Path]
Change = Callable[[Dataset, int], None]
PER_BECQUEREL = 70e3 / 350e6  # weight [g] over dose [Bq]: the factor where nothing has decayed
HOUR = 0.5 ** (3600 / 6586.2)  # what remains after an hour


@pytest.fixture
def conversion(write_series: Write) -> Callable[[Change], SuvConversion]:
    return lambda change: suv_conversion(read_series(write_series("PT", change), "PT"))


def _set(**tags: object) -> Change:
    def change(header: Dataset, index: int) -> None:
        for name, value in tags.items():
            setattr(header, name, value)

    return change


def _tracer(drop: str = "", **tags: object) -> Change:
    def change(header: Dataset, index: int) -> None:
        tracer = header.RadiopharmaceuticalInformationSequence[0]
        _set(**tags)(tracer, index)
        if drop:
            delattr(tracer, drop)

    return change


def _philips(offset: int, value: float) -> Change:
    def change(header: Dataset, index: int) -> None:
        header.Units = "CNTS"
        header.private_block(0x7053, "Philips PET Private Group", create=True).add_new(offset, "DS", f"{value:g}")

    return change


def _f18(header: Dataset, index: int) -> None:
    code = Dataset()
    code.CodeValue = "C-111A1"
    _tracer(RadionuclideCodeSequence=[code], drop="RadionuclideHalfLife")(header, index)


def _over_midnight(header: Dataset, index: int) -> None:
    _set(SeriesTime="003000", AcquisitionTime="003000")(header, index)
    _tracer(RadiopharmaceuticalStartTime="233000")(header, index)


@pytest.mark.parametrize(
    ("change", "branch", "factor"),
    [
        (_set(), "BQML:START:series", PER_BECQUEREL / HOUR),
        (_set(DecayCorrection="ADMIN"), "BQML:ADMIN", PER_BECQUEREL),
        (_set(PatientWeight=70000), "BQML:START:series", PER_BECQUEREL / HOUR),
        (_tracer(RadionuclideTotalDose=350), "BQML:START:series", PER_BECQUEREL / HOUR),
        (_over_midnight, "BQML:START:series", PER_BECQUEREL / HOUR),
        (_tracer(RadiopharmaceuticalStartDateTime="20250101090000.0"), "BQML:START:series", PER_BECQUEREL / HOUR**2),
        (_f18, "BQML:START:series", PER_BECQUEREL / HOUR),
        (_set(Units="GML"), "GML:BW", 1.0),
        (_set(Units="GML", SUVType="IBW", PatientSize=1.75, PatientSex="M"), "GML:IBW", 70 / 72.38),
        (_set(Units="GML", SUVType="IBW", PatientSize=175, PatientSex="F"), "GML:IBW", 70 / 66.43),
        (_philips(0x00, 0.0005), "CNTS:Philips SUV", 0.0005),
        (_philips(0x09, 2.0), "CNTS:Philips activity:BQML:START:series", 2 * PER_BECQUEREL / HOUR),
    ],
)
def test_every_branch_gives_the_factor_worked_by_hand(
    change: Change, branch: str, factor: float, conversion: Callable[[Change], SuvConversion]
) -> None:
    found = conversion(change)
    assert found.branch == branch
    np.testing.assert_allclose(found.factor, factor, rtol=1e-9)


def test_frame_times_are_believed_before_a_series_time_that_is_too_late(
    conversion: Callable[[Change], SuvConversion],
) -> None:
    late = _set(SeriesTime="113000", AcquisitionTime="110230", FrameReferenceTime=450000, ActualFrameDuration=603000)
    found = conversion(late)
    assert found.branch == "BQML:START:frames"
    np.testing.assert_allclose(found.factor, PER_BECQUEREL / HOUR, rtol=1e-4)


def _of_one_slice(name: str, value: object) -> Change:
    return lambda header, index: setattr(header, name, value) if index == 2 else None


def _frames_that_disagree(header: Dataset, index: int) -> None:
    header.FrameReferenceTime, header.ActualFrameDuration = 100000 + 60000 * index, 180000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set(Units="PROPCNTS"), "Units must be BQML, GML or CNTS"),
        (_set(Units="CNTS"), "Found neither"),
        (_set(Units="GML", SUVType="LBM"), "SUVType must be BW or IBW"),
        (_set(Units="GML", SUVType="IBW", PatientSex="F"), "PatientSize"),
        (_set(Units="GML", SUVType="IBW", PatientSize=1.7), "PatientSex"),
        (_set(PatientWeight=None), "PatientWeight must be given"),
        (_set(PatientWeight=0), "PatientWeight must be given"),
        (_set(CorrectedImage=["DECY"]), "without ATTN"),
        (_set(CorrectedImage="ATTN"), "without DECY"),
        (_set(RescaleIntercept=-5), "RescaleIntercept"),
        (_set(SeriesType=["DYNAMIC", "IMAGE"]), "STATIC"),
        (_set(DecayCorrection="NONE"), "ADMIN or START"),
        (_set(SeriesTime="113000"), "SeriesTime must not be after"),
        (_set(AcquisitionTime=""), "times must be"),
        (_set(SeriesTime="0930"), "times must be.*'0930'"),  # no seconds: not 09:03:00
        (_set(RadiopharmaceuticalInformationSequence=[]), "one item"),
        (_tracer(RadionuclideTotalDose=0), "RadionuclideTotalDose"),
        (_tracer(drop="RadionuclideHalfLife"), "RadionuclideHalfLife"),
        (_tracer(drop="RadiopharmaceuticalStartTime"), "Found neither"),
        (_tracer(RadiopharmaceuticalStartDateTime="20250101120000"), "uptake time"),
        (_tracer(RadiopharmaceuticalStartDateTime="20250101100000+0100"), "times must be"),
        (_frames_that_disagree, "one reference time"),
        (_of_one_slice("Units", "GML"), "Units must be the same"),
    ],
)
def test_what_is_missing_or_not_handled_is_refused_and_never_invented(
    change: Change, reason: str, conversion: Callable[[Change], SuvConversion]
) -> None:
    with pytest.raises(MedmtlError, match=reason):
        conversion(change)


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
def test_a_published_pet_has_the_published_suv(patient: str, shared_data: Path) -> None:
    image, _ = to_suv(read_series(sorted((shared_data / "sts" / "dicom" / patient / "PET" / "image").iterdir()), "PT"))
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
