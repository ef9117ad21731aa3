"""Whole bodies, written as files and looked at by the regions."""

import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medmtl.imaging.image import write_image
from medmtl.imaging.region.base import Region, Scans
from medmtl.imaging.scan import open_scan
from medmtl.imaging.voxel_box import Box, whole_box
from medmtl.records import Case, Image

WHOLE_BODY = runpy.run_path(str(Path(__file__).with_name("whole_body.py")))


@dataclass(frozen=True)
class Patient:
    """One body's images as files."""

    ct: Image
    pet: Image
    mask: Image
    scans: Scans
    case: Case

    def region(self, *steps: Region) -> Box:
        """Return what these rules leave of the CT."""
        box = whole_box(self.ct.grid)
        for step in steps:
            box = step.find(self.scans, box)
        return box

    def covered(self, box: Box, label: int) -> float:
        """Return the part of a label's voxels that lies in the box, by counting voxels."""
        drawn = self.mask.array == label
        return float(drawn[box.slices].sum() / drawn.sum())


@pytest.fixture
def patient(tmp_path: Path) -> Callable[..., Patient]:
    """Make the patient of a seed, with these of its properties given."""

    def _patient(seed: int, voxel_mm: float = 10.0, **fixed: Any) -> Patient:
        rng = np.random.default_rng(seed)
        examined = WHOLE_BODY["examine"](WHOLE_BODY["draw_body"](rng, **fixed), rng, voxel_mm)
        names = ("ct", "pet", "mask")
        paths = {name: tmp_path / f"{seed}-{name}.nii.gz" for name in names}
        for name in names:
            write_image(getattr(examined, name), paths[name])
        scans = Scans(open_scan(paths["pet"]), open_scan(paths["ct"]))
        return Patient(*examined, scans, Case(f"p-{seed}", "A", paths["ct"], paths["pet"], paths["mask"]))

    return _patient
