"""Tiny DICOM files, made by the tests so that nothing of a patient is needed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

FRAME = "1.2.826.0.1.3680043.10.1"
SLICES = 4


def _file(modality: str) -> Dataset:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = generate_uid()
    header.Modality = modality
    return header


def _slice(modality: str, index: int) -> Dataset:
    header = _file(modality)
    header.SeriesInstanceUID, header.FrameOfReferenceUID = FRAME + ".2", FRAME
    header.ImagePositionPatient, header.ImageOrientationPatient = [-10, -20, 30 + 3 * index], [1, 0, 0, 0, 1, 0]
    header.PixelSpacing = [4, 2]
    header.Rows, header.Columns, header.SamplesPerPixel = 8, 6, 1
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation, header.PhotometricInterpretation = 15, 1, "MONOCHROME2"
    header.RescaleSlope, header.RescaleIntercept = 1, 0
    header.PixelData = np.full((8, 6), index + 1, dtype=np.int16).tobytes()
    return header


def _tracer() -> Dataset:
    tracer = Dataset()
    tracer.RadionuclideTotalDose = 350e6
    tracer.RadionuclideHalfLife = 6586.2
    tracer.RadiopharmaceuticalStartTime = "100000"
    return tracer


def _add_pet(header: Dataset) -> None:
    header.Units, header.DecayCorrection, header.CorrectedImage = "BQML", "START", ["DECY", "ATTN"]
    header.SeriesType, header.PatientWeight = ["STATIC", "IMAGE"], 70
    header.SeriesDate = header.AcquisitionDate = "20250101"
    header.SeriesTime = header.AcquisitionTime = "110000"
    header.RadiopharmaceuticalInformationSequence = [_tracer()]


@pytest.fixture
def write_series(tmp_path: Path) -> Callable[..., Path]:
    """Write a CT or PT series of four slices, each changed by `change(header, index)`; return its folder."""

    def write(modality: str, change: Callable[[Dataset, int], object] = lambda header, index: None) -> Path:
        folder = tmp_path / modality
        folder.mkdir(exist_ok=True)
        for index in range(SLICES):
            header = _slice(modality, index)
            if modality == "PT":
                _add_pet(header)
            change(header, index)
            header.save_as(folder / f"{SLICES - index}.dcm", enforce_file_format=True)
        return folder

    return write


@pytest.fixture
def write_contours(tmp_path: Path) -> Callable[..., Path]:
    """Write regions, by name a list of contours [n, 3] in mm, as an RTSTRUCT; return its path."""

    def write(regions: dict[str, list[np.ndarray]], kind: str = "CLOSED_PLANAR") -> Path:
        structure = _file("RTSTRUCT")
        structure.StructureSetROISequence, structure.ROIContourSequence = [], []
        for number, (name, contours) in enumerate(regions.items(), start=1):
            region, drawn = Dataset(), Dataset()
            region.ROINumber, region.ROIName, region.ReferencedFrameOfReferenceUID = number, name, FRAME
            drawn.ReferencedROINumber, drawn.ContourSequence = number, []
            for points in contours:
                contour = Dataset()
                contour.ContourGeometricType, contour.ContourData = kind, [f"{value:g}" for value in points.ravel()]
                drawn.ContourSequence.append(contour)
            structure.StructureSetROISequence.append(region)
            structure.ROIContourSequence.append(drawn)
        path = tmp_path / "RS.dcm"
        structure.save_as(path, enforce_file_format=True)
        return path

    return write
