"""Where the tests of this folder write their DICOM; `dicom_files` makes it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import Change, write_contours, write_series


@pytest.fixture(name="write_series")
def series_writer(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write a CT or PT series of four slices, each changed by `change(header, index)`; return its files."""

    def write(modality: str, change: Change = lambda header, index: None) -> list[Path]:
        return write_series(tmp_path / modality, modality, change)

    return write


@pytest.fixture(name="write_contours")
def contour_writer(tmp_path: Path) -> Callable[..., Path]:
    """Write regions, by name a list of contours [n, 3] in mm, as an RTSTRUCT; return its path."""

    def write(regions: dict[str, list[np.ndarray]], kind: str = "CLOSED_PLANAR") -> Path:
        return write_contours(tmp_path / "RS.dcm", regions, kind)

    return write
