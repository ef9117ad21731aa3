from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import write_series as write_files
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from medmtl.dicom.series import read_series
from medmtl.dicom.suv import to_suv
from medmtl.errors import MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Grid

Write = Callable[..., Path]


def test_slices_are_sorted_by_position_and_not_by_file_name(write_series: Write) -> None:
    series = read_series(write_series("CT"), "CT")
    assert series.image.array[:, 0, 0].tolist() == [1, 2, 3, 4]
    assert series.image.array.dtype == np.float32
    assert series.image.grid == Grid((6, 8, 4), (2.0, 4.0, 3.0), (-10.0, -20.0, 30.0))


def test_every_slice_is_rescaled_by_its_own_slope(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.RescaleSlope, header.RescaleIntercept = 0.5 * (index + 1), -10

    series = read_series(write_series("CT", change), "CT")
    np.testing.assert_allclose(series.image.array[:, 3, 2], [-9.5, -8, -5.5, -2])


def test_a_sagittal_series_keeps_its_place_in_space(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        header.ImagePositionPatient = [5 - 3 * index, 1, 2]

    grid = read_series(write_series("CT", change), "CT").image.grid
    assert grid.direction == (0, 0, -1, 1, 0, 0, 0, -1, 0)
    assert grid.origin == (5, 1, 2)


def _set(name: str, value: object, only: int | None = None) -> Callable[[Dataset, int], None]:
    def change(header: Dataset, index: int) -> None:
        if only is None or index == only:
            setattr(header, name, value)

    return change


def _drop(name: str) -> Callable[[Dataset, int], None]:
    return lambda header, index: delattr(header, name)


def _move(dx: float, dz: float) -> Callable[[Dataset, int], None]:
    return _set("ImagePositionPatient", [-10 + dx, -20, 36 + dz], only=2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("SeriesInstanceUID", "1.2.3", only=1), "several series"),
        (_set("PixelSpacing", [4, 3], only=1), "pixel spacing"),
        (_set("ImageOrientationPatient", [0, 1, 0, 0, 0, 1], only=0), "orientation"),
        (_set("Modality", "MR"), "modality must be CT"),
        (_set("NumberOfFrames", 2), "one slice"),
        (_set("ImageType", ["DERIVED", "SECONDARY", "MIP"]), "projections"),
        (_set("ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]), "projections"),
        (_set("SeriesType", ["REPROJECTION", "IMAGE"]), "projections"),
        (_set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2.1"), "Enhanced CT Image Storage; export the classic form"),
        (_set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.130"), "Enhanced PET Image Storage"),
        (_set("Rows", 7, only=1), r"differ in size. Found 8 in 4.dcm and 7 in 3.dcm"),
        (_set("FrameOfReferenceUID", "1.2.3", only=2), "several coordinate systems"),
        (_set("ImageOrientationPatient", [1, 0, 0, 0.5, 1, 0]), "square to each other"),
        (_set("PixelSpacing", [0, 2]), "above 0"),
        (_set("RescaleType", "MGML"), "must be in HU. Found RescaleType MGML"),
        (_set("RescaleSlope", 0), "RescaleSlope, not 0"),
        (_set("BitsStored", 17), "low bits first"),
        (_set("PixelData", b"\0\0"), "96 bytes|48 pixels of 2 bytes must follow. Found 2"),
        (_drop("RescaleSlope"), "RescaleSlope"),
        (_drop("ImagePositionPatient"), "ImagePositionPatient"),
        (_drop("PixelData"), "hold PixelData"),
        (_move(0, -3), "occur once"),
        (_move(0, 3), "occur once"),
        (_move(0, 1), "evenly spaced"),
        (_move(1, 0), "gantry tilt"),
    ],
)
def test_what_is_no_straight_even_stack_is_refused(
    change: Callable[[Dataset, int], None], reason: str, write_series: Write
) -> None:
    with pytest.raises(MedmtlError, match=reason):
        read_series(write_series("CT", change), "CT")


def test_a_missing_slice_is_refused(write_series: Write) -> None:
    files = write_series("CT")
    with pytest.raises(MedmtlError, match=r"Found a gap of 6\.00 mm after 3\.dcm|evenly"):
        read_series([file for file in files if file.name != "2.dcm"], "CT")


def test_a_file_that_is_no_dicom_is_refused_by_name(write_series: Write, tmp_path: Path) -> None:
    other = tmp_path / "5.dcm"
    for content in (b"not DICOM", b"", b"\0" * 200):
        other.write_bytes(content)
        with pytest.raises(MedmtlError, match=r"5\.dcm"):
            read_series([*write_series("CT"), other], "CT")


def test_no_slices_or_one_are_no_series(write_series: Write) -> None:
    for files in ([], write_series("CT")[:1]):
        with pytest.raises(MedmtlError, match="at least 2 slices"):
            read_series(files, "CT")


@pytest.mark.parametrize("slope", [1, 0.37])
@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, DeflatedExplicitVRLittleEndian])
def test_compressed_slices_are_read_exactly(syntax: UID, slope: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-3000, 32000, (3, 16, 12)).astype(np.int16)

    def change(header: Dataset, index: int) -> None:
        header.RescaleSlope = slope * (index + 1)

    plain = write_files(tmp_path / "plain", "PT", change, array=noise)
    files = [_compressed(file, syntax, tmp_path / "compressed") for file in plain]
    np.testing.assert_array_equal(read_series(files, "PT").image.array, read_series(plain, "PT").image.array)
    np.testing.assert_allclose(read_series(plain, "PT").image.array[1], noise[1] * 2.0 * slope, rtol=1e-6)


def _compressed(file: Path, syntax: UID, folder: Path) -> Path:
    header = pydicom.dcmread(file)
    if syntax == DeflatedExplicitVRLittleEndian:
        header.file_meta.TransferSyntaxUID = syntax
    else:
        header.compress(syntax)
    folder.mkdir(exist_ok=True)
    header.save_as(folder / file.name)
    return folder / file.name


def test_big_and_implicit_encodings_are_read(tmp_path: Path) -> None:
    files = write_files(tmp_path / "CT", "CT")
    expected = read_series(files, "CT").image.array
    for syntax, implicit, little in ((ExplicitVRBigEndian, False, False), (ImplicitVRLittleEndian, True, True)):
        other = []
        for file in files:
            header = pydicom.dcmread(file)
            stored = header.pixel_array.astype("<i2" if little else ">i2").tobytes()
            fresh = Dataset({element.tag: element for element in header if element.tag != 0x7FE00010})
            fresh.file_meta = header.file_meta
            fresh.file_meta.TransferSyntaxUID = syntax
            fresh.PixelData = stored
            other.append(tmp_path / f"{syntax}-{file.name}")
            pydicom.dcmwrite(other[-1], fresh, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
        np.testing.assert_array_equal(read_series(other, "CT").image.array, expected)


def test_bits_above_those_stored_are_no_part_of_the_value(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.BitsStored, header.HighBit = 12, 11
        header.PixelData = np.array([0x1801, 0x07FF] * 24, dtype="<u2").tobytes()  # an overlay's bit; -2047 and 2047

    assert np.unique(read_series(write_series("CT", change), "CT").image.array).tolist() == [-2047, 2047]


def test_unsigned_and_wide_pixels_are_read(write_series: Write) -> None:
    def unsigned(header: Dataset, index: int) -> None:
        header.PixelRepresentation = 0
        header.PixelData = np.full(48, 65000, dtype="<u2").tobytes()

    def wide(header: Dataset, index: int) -> None:
        header.BitsAllocated, header.BitsStored, header.HighBit = 32, 32, 31
        header.PixelData = np.full(48, -70000, dtype="<i4").tobytes()

    assert read_series(write_series("CT", unsigned), "CT").image.array.max() == 65000
    assert read_series(write_series("CT", wide), "CT").image.array.max() == -70000


def test_numbers_written_with_other_digits_are_the_same(write_series: Write) -> None:
    def change(header: Dataset, index: int) -> None:
        header.PixelSpacing = ["4.0", "2.00001"] if index % 2 else ["4", "2"]
        header.ImagePositionPatient = [-10, -20, round(30 + 3.27 * index, 1)]

    grid = read_series(write_series("CT", change), "CT").image.grid
    np.testing.assert_allclose(grid.spacing, (2, 4, 9.8 / 3), atol=1e-4)


def test_a_lossy_compression_is_noted(write_series: Write) -> None:
    assert read_series(write_series("CT"), "CT").notes == ()
    series = read_series(write_series("CT", _set("LossyImageCompression", "01")), "CT")
    assert series.notes == ("the pixels were once compressed with loss",)


def test_the_headers_go_with_the_slices_and_hold_no_pixels(write_series: Write) -> None:
    series = read_series(write_series("CT"), "CT")
    assert [header.InstanceNumber for header in series.headers] == [1, 2, 3, 4]
    assert [file.name for file in series.files] == ["4.dcm", "3.dcm", "2.dcm", "1.dcm"]
    assert not any("PixelData" in header for header in series.headers)


def test_a_series_cut_short_anywhere_is_refused_by_the_files_name(write_series: Write, tmp_path: Path) -> None:
    files = write_series("CT")
    whole, cut = files[0].read_bytes(), tmp_path / "cut.dcm"
    for length in (*range(0, len(whole) - 1, 97), len(whole) - 2):
        cut.write_bytes(whole[:length])
        with pytest.raises(MedmtlError, match=r"cut\.dcm"):
            read_series([cut, *files[1:]], "CT")


@pytest.mark.filterwarnings("ignore")  # pydicom tells of the damage, too
def test_damage_is_read_or_refused_but_never_a_fault_of_ours(write_series: Write, tmp_path: Path) -> None:
    rng, files = np.random.default_rng(0), write_series("PT")
    whole, damaged, refused = files[0].read_bytes(), tmp_path / "damaged.dcm", 0
    for _ in range(150):
        content = bytearray(whole)
        for place in rng.integers(132, len(whole), 3):
            content[place] = rng.integers(256)
        damaged.write_bytes(content)
        try:
            to_suv(read_series([damaged, *files[1:]], "PT"))
        except MedmtlError:
            refused += 1
    assert 50 < refused < 150


@pytest.mark.shared_data
@pytest.mark.parametrize("patient", ["STS_008", "STS_019", "STS_025"])
def test_a_published_ct_is_read_exactly(patient: str, shared_data: Path) -> None:
    series = read_series(sorted((shared_data / "sts" / "dicom" / patient / "CT" / "image").iterdir()), "CT")
    published = read_image(shared_data / "sts" / "nifti" / patient / "CT_image.nii.gz")
    np.testing.assert_array_equal(series.image.array, published.array)
    assert series.image.grid.size == published.grid.size
    np.testing.assert_allclose(series.image.grid.origin, published.grid.origin, atol=1e-4)
    np.testing.assert_allclose(series.image.grid.spacing, published.grid.spacing, atol=1e-6)
    np.testing.assert_allclose(series.image.grid.direction, published.grid.direction, atol=1e-6)
