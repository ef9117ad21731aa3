from datetime import datetime, time

import numpy as np
import pytest
from dicom_files import Change, both, headers_of, set_tags, set_tracer
from pydicom.dataset import Dataset

from medmtl.dicom.decay import Decay, read_decay
from medmtl.dicom.overrides import SuvOverrides
from medmtl.errors import MedmtlError

HALF_LIFE = 6586.2
RATE = np.log(2) / HALF_LIFE
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom tells of it, too


def decay(change: Change, overrides: SuvOverrides | None = None) -> Decay:
    return read_decay(headers_of("PT", change), overrides or SuvOverrides())


def _private(group: int, creator: str, element: int, value: str, maker: str = "") -> Change:
    def change(header: Dataset, index: int) -> None:
        header.Manufacturer = maker
        header.private_block(group, creator, create=True).add_new(element, "DT", value)

    return change


def _bare(tag: int, value: str, maker: str) -> Change:
    """Write a private element whose creator de-identification removed."""

    def change(header: Dataset, index: int) -> None:
        header.Manufacturer = maker
        header.add_new(tag, "UN", value.encode())

    return change


def _frames(starts: list[str], offsets_s: list[float], duration_s: float = 180, **tags: object) -> Change:
    def change(header: Dataset, index: int) -> None:
        header.AcquisitionTime, header.ActualFrameDuration = starts[index], int(duration_s * 1000)
        header.FrameReferenceTime = offsets_s[index] * 1000
        set_tags(**tags)(header, index)

    return change


def _nuclide(value: str, meaning: str = "") -> Change:
    def change(header: Dataset, index: int) -> None:
        code = Dataset()
        code.CodeValue, code.CodeMeaning = value, meaning
        set_tracer(RadionuclideCodeSequence=[code])(header, index)

    return change


def _in_utc(offset: str, stamp: str) -> Change:
    return both(
        set_tags(TimezoneOffsetFromUTC=offset),
        set_tracer(drop="RadiopharmaceuticalStartTime", RadiopharmaceuticalStartDateTime=stamp),
    )


BEDS = ["110000", "110000", "110400", "110800"]  # three beds of four minutes
ONE = ["110000"] * 4
LATE = {"SeriesTime": "113000"}  # as post-processing leaves it
MEAN = float(np.log(RATE * 180 / -np.expm1(-RATE * 180)) / RATE)  # s into a frame of 180 s


def _factor(seconds: float) -> dict[str, float]:
    return {"DecayFactor": round(float(np.exp(RATE * seconds)), 8)}


NO_CLOCK = set_tracer(drop="RadiopharmaceuticalStartTime")
GE_SCAN = (0x0009, "GEMS_PETD_01", 0x0D)
GE_INJECTED = (0x0009, "GEMS_PETD_01", 0x3B)
SIEMENS = (0x0071, "SIEMENS MED PT", 0x22)


def _midnight(header: Dataset, index: int) -> None:
    set_tags(SeriesTime="003000", AcquisitionTime="003000")(header, index)
    set_tracer(RadiopharmaceuticalStartTime="233000")(header, index)


def _midnight_between(header: Dataset, index: int) -> None:
    """The series began before midnight, the slice was acquired after it."""
    set_tags(SeriesDate="20241231", SeriesTime="235900", AcquisitionTime="000300")(header, index)
    set_tracer(RadiopharmaceuticalStartTime="225900")(header, index)


@pytest.mark.parametrize(
    ("change", "branch", "uptake_s"),
    [
        (set_tags(), "START:series", 3600),
        (_midnight, "START:series", 3600),
        (_midnight_between, "START:series", 3600),
        (set_tracer(RadiopharmaceuticalStartDateTime="20250101090000.0"), "START:series", 7200),
        (both(NO_CLOCK, set_tracer(RadiopharmaceuticalStartDateTime="20250101093000")), "START:series", 5400),
        (set_tracer(RadiopharmaceuticalStartDateTime="20250101"), "START:series", 3600),  # a date, and the clock apart
        (_in_utc("", "20250101100000.5+0100"), "START:series", 3599.5),
        (_in_utc("+0200", "20250101090000+0100"), "START:series", 3600),
        (_in_utc("-0500", "20250101150000.000000+0000"), "START:series", 3600),
        (_frames(BEDS, [MEAN, MEAN, MEAN + 240, MEAN + 480], **LATE), "START:frames", 3600),
        (_frames(BEDS, [MEAN + 60, MEAN + 60, MEAN + 300, MEAN + 540], **LATE), "START:frames", 3540),
        (_frames(BEDS, [0, 0, 0, 0]), "START:series", 3600),
        (_frames(BEDS, [0, 0, 240, 480], Manufacturer="GE MEDICAL SYSTEMS", **LATE), "START:frame starts", 3600),
        (_frames(BEDS, [0, 0, 0, 0], Manufacturer="GE MEDICAL SYSTEMS"), "START:series", 3600),
        (_frames(ONE, [MEAN] * 4, Manufacturer="GE MEDICAL SYSTEMS"), "START:frames", 3600),  # the series agrees
        (_frames(BEDS, [0, 0, 240, 480]), "START:frame starts", 3600),  # the series agrees, though no GE is named
        (_frames(ONE, [900] * 4, **_factor(900 + MEAN), **LATE), "START:frame starts", 2700),
        (_frames(ONE, [900] * 4, **_factor(900)), "START:frames", 2700 + MEAN),
        (_frames(ONE, [0] * 4, **_factor(MEAN), **LATE), "START:frame starts", 3600),
        (_frames(ONE, [MEAN] * 4, **_factor(0), **LATE), "START:frames", 3600),  # a factor of 1 tells nothing
        (both(set_tags(**LATE), _private(*GE_SCAN, "20250101104500.00", "GE MEDICAL SYSTEMS")), "START:GE", 2700),
        (both(set_tags(**LATE), _private(*GE_SCAN, "20250101104500.00")), "START:GE", 2700),  # known by the creator
        (both(set_tags(**LATE), _private(*SIEMENS, "20250101105000.00", "SIEMENS")), "START:Siemens", 3000),
        (both(set_tags(**LATE), _private(*SIEMENS, "105000", "CPS")), "START:Siemens", 3000),
        (both(set_tags(**LATE), _bare(0x0009100D, "20250101104500.00", "GE MEDICAL")), "START:GE", 2700),
        (both(set_tags(**LATE), _bare(0x0009100D, "20250101104500.00", "")), "START:GE", 2700),
        (_bare(0x0009100D, "20250101104500.00", "Philips"), "START:series", 3600),  # not GE's, without a creator
        (_private(*SIEMENS, "20250101120000.00", "SIEMENS"), "START:series", 3600),  # after the acquisition
        (_private(*SIEMENS, "19000101000000", "SIEMENS"), "START:series", 3600),  # de-identified
        (_private(*SIEMENS, "unknown", "SIEMENS"), "START:series", 3600),
        (_private(0x0071, "SIEMENS MED NM", 0x22, "20250101104500", "SIEMENS"), "START:series", 3600),  # another block
        (both(NO_CLOCK, _private(*GE_INJECTED, "20250101101500.00", "GE MEDICAL SYSTEMS")), "START:series", 2700),
        (set_tags(AcquisitionDate=None), "START:series", 3600),
        (set_tags(AcquisitionTime=None, AcquisitionDateTime="20250101110000.00"), "START:series", 3600),
    ],
)
def test_the_uptake_time_is_found_by_every_branch(change: Change, branch: str, uptake_s: float) -> None:
    found = decay(change)
    assert found.branch == branch
    np.testing.assert_allclose(found.constants["uptake_s"], uptake_s, atol=1e-3)
    np.testing.assert_allclose(found.remaining, 0.5 ** (uptake_s / HALF_LIFE), rtol=1e-6)


def test_an_uncorrected_slice_remains_by_its_own_mean_over_the_frame() -> None:
    found = decay(_frames(BEDS, [0, 0, 0, 0], DecayCorrection="NONE", CorrectedImage=["ATTN"]))
    seconds = np.array([3600, 3600, 3840, 4080])[:, None] + np.linspace(0, 180, 20001)
    np.testing.assert_allclose(found.remaining, np.exp(-RATE * seconds).mean(axis=1), rtol=1e-6)
    assert found.branch == "NONE"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (set_tracer(RadionuclideTotalDose=350), "350 is taken to be in MBq"),
        (set_tracer(RadiopharmaceuticalStartDateTime="20250101093000"), "StartTime differs"),
        (set_tracer(RadiopharmaceuticalStartDateTime="20230611100000"), "2023-06-11) does not fit; its clock is used"),
        (set_tracer(RadiopharmaceuticalStartTime="104500"), "an FDG scan 15 min after injection is outside 30 to 120"),
        (set_tracer(RadiopharmaceuticalStartTime="080000"), "an FDG scan 180 min"),
        (_frames(BEDS, [MEAN, MEAN, MEAN + 240, MEAN + 480], SeriesTime="105000"), "SeriesTime is 600 s from"),
        (_private(*SIEMENS, "20250101120000.00", "SIEMENS"), "is not used, as 2025-01-01 12:00:00 does not fit"),
        (_private(*SIEMENS, "unknown", "SIEMENS"), "not used: Siemens's private time"),
        (both(NO_CLOCK, _private(*GE_INJECTED, "20250101101500", "GE MEDICAL")), "injection from GE's private time"),
    ],
)
def test_what_is_unusual_is_noted(change: Change, note: str) -> None:
    notes = decay(change).notes
    assert len(notes) == 1
    assert note in notes[0]


def test_what_is_usual_is_not_noted() -> None:
    assert decay(set_tags()).notes == ()
    assert decay(set_tracer(Radiopharmaceutical="PSMA", RadiopharmaceuticalStartTime="080000")).notes == ()


@pytest.mark.parametrize(
    ("change", "half_life_s"),
    [
        (_nuclide("C-111A1"), 6586.2),
        (_nuclide("77004003"), 6586.2),
        (_nuclide("C-131A3", "^68^Gallium"), 4057.7),
        (_nuclide("C-131A1", "^68^Gallium"), 4057.7),  # a code of Ga-66 that some write for Ga-68
        (_nuclide("", "F-18"), 6586.2),
        (_nuclide("", "Fluorine-18"), 6586.2),
        (_nuclide("", "11C"), 1221.8),
    ],
)
def test_a_half_life_that_is_not_given_is_the_nuclides(change: Change, half_life_s: float) -> None:
    found = decay(both(change, set_tracer(drop="RadionuclideHalfLife")))
    assert found.constants["half_life_s"] == half_life_s


def test_a_half_life_that_is_given_goes_before_the_nuclides() -> None:
    assert decay(both(_nuclide("C-111A1"), set_tracer(RadionuclideHalfLife=6588))).constants["half_life_s"] == 6588


def _disagreeing(header: Dataset, index: int) -> None:
    header.FrameReferenceTime, header.ActualFrameDuration = 100000 + 60000 * index, 180000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_tags(DecayCorrection="OTHER"), "ADMIN, START or NONE. Found OTHER"),
        (set_tags(DecayCorrection=None), "Found none"),
        (set_tags(DecayCorrection="NONE"), "ActualFrameDuration must be given"),
        (set_tags(**LATE), "SeriesTime must not be after"),
        (set_tags(SeriesTime=None), "SeriesTime must not be after"),
        (set_tags(AcquisitionTime=""), "AcquisitionTime"),
        (set_tags(SeriesTime="0930"), "must be .*'0930'"),  # no seconds: not 09:03:00
        (set_tags(SeriesTime="256000"), "must be .*'256000'"),
        (set_tags(RadiopharmaceuticalInformationSequence=[]), "one item. Found 0"),
        (set_tags(RadiopharmaceuticalInformationSequence=[Dataset(), Dataset()]), "one item. Found 2"),
        (set_tracer(RadionuclideTotalDose=0), "RadionuclideTotalDose must be given. Found none; give dose_bq"),
        (set_tracer(drop="RadionuclideHalfLife"), "RadionuclideHalfLife or a known .*; give half_life_s"),
        (
            both(_nuclide("X", "^44^Scandium"), set_tracer(drop="RadionuclideHalfLife")),
            "RadionuclideHalfLife or a known",
        ),
        (both(_nuclide("C-111A1"), set_tracer(RadionuclideHalfLife=109.8)), "its nuclide's, 6586.2 s. Found 109.8"),
        (NO_CLOCK, "Found neither; give injection_time"),
        (set_tracer(RadiopharmaceuticalStartTime="110500"), "uptake time must be 0 to 6 half-lives. Found 86100 s"),
        (set_tracer(RadiopharmaceuticalStartDateTime="20250101120000"), "uptake time must be .* Found -3600 s"),
        (set_tracer(RadiopharmaceuticalStartDateTime="20250101100000+01"), "offset of .* from UTC must be"),
        (both(NO_CLOCK, set_tracer(RadiopharmaceuticalStartDateTime="20250101")), "must be YYYYMMDD and HHMMSS"),
        (set_tracer(RadionuclideHalfLife=45721), "needs the date of its injection"),
        (set_tracer(RadionuclideHalfLife=45721, RadiopharmaceuticalStartDateTime="20230101100000"), "uptake time"),
        (_disagreeing, "one reference time"),
    ],
)
def test_a_time_or_dose_that_is_missing_or_cannot_be_is_refused(change: Change, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        decay(change)


def test_a_long_lived_tracer_goes_by_its_date() -> None:
    found = decay(set_tracer(RadionuclideHalfLife=282276, RadiopharmaceuticalStartDateTime="20241228100000"))
    assert found.constants["uptake_s"] == 4 * 86400 + 3600


@pytest.mark.parametrize(
    ("overrides", "name", "value"),
    [
        (SuvOverrides(dose_bq=4e8), "dose_bq", 4e8),
        (SuvOverrides(half_life_s=6588), "half_life_s", 6588),
        (SuvOverrides(injection_time=time(9, 30)), "uptake_s", 5400),
        (SuvOverrides(injection_time=time(23, 30)), "uptake_s", 41400),  # on the day before
        (SuvOverrides(injection_time=datetime(2025, 1, 1, 9, 0)), "uptake_s", 7200),
    ],
)
def test_the_table_goes_before_the_headers(overrides: SuvOverrides, name: str, value: float) -> None:
    assert decay(set_tracer(RadionuclideHalfLife=7200), overrides).constants[name] == value


def test_the_table_alone_may_tell_all_of_the_tracer() -> None:
    everything = SuvOverrides(dose_bq=4e8, half_life_s=6586.2, injection_time=time(10))
    found = decay(set_tags(RadiopharmaceuticalInformationSequence=[]), everything)
    assert found.constants == {"dose_bq": 4e8, "half_life_s": 6586.2, "uptake_s": 3600.0}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"weight_kg": 70000.0}, "weight_kg must be 1 to 500. Found 70000: is it in another unit"),
        ({"dose_bq": 350.0}, "dose_bq must be"),
        ({"half_life_s": 1.83}, "half_life_s must be"),
        ({"height_m": 175.0}, "height_m must be"),
        ({"weight_kg": float("nan")}, "weight_kg must be"),
        ({"sex": "male"}, "sex must be M, F or O"),
    ],
)
def test_an_override_of_another_unit_is_refused(given: dict, reason: str) -> None:
    with pytest.raises(MedmtlError, match=reason):
        SuvOverrides(**given)
