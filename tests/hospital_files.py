"""A tiny hospital for tests of the export: DICOM of three patients, and the folder of a run that predicted them.

P1 has both labels, P2 one voxel in the first corner, and in P3 nothing was found. The PET of the cohort is random.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from dicom_files import FRAME, Change, Place, write_series
from numpy.typing import NDArray

from medmtl.cohort.manifest import write_manifest
from medmtl.dicom.series import Series, read_series
from medmtl.experiment import Experiment
from medmtl.imaging.image import read_image, write_image
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Cohort, Endpoint, Image
from medmtl.stages.export import ExportOptions
from medmtl.stages.folder import RunFolder
from medmtl.stages.run import create_run

IDS = ("P1", "P2", "P3")
LABELS = {"GTVp": 1, "GTVn": 2}


@dataclass(frozen=True)
class Hospital:
    """Where everything of it lies."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def options(self) -> ExportOptions:
        return ExportOptions(self.root / "dicom", self.root / "out", ("P1", "P2"))

    def made(self, case_id: str, kind: str) -> Path:
        return self.options.out / case_id / f"{kind}.dcm"

    def ct(self, case_id: str) -> Series:
        return read_series(sorted((self.root / "dicom" / "deep" / case_id / "CT").iterdir()), "CT")

    def pet(self, case_id: str) -> Image:
        return read_image(self.root / "cohort" / case_id / "pet.nii.gz")

    def mask(self, case_id: str) -> Image:
        return read_image(RunFolder(self.run).mask(case_id))

    def write_mask(self, case_id: str, mask: Image) -> None:
        write_image(mask, RunFolder(self.run).mask(case_id))


def make_hospital(root: Path, change: Change = lambda header, index: None) -> Hospital:
    """Write everything; `change(header, index)` alters every slice of the CTs and PETs."""
    hospital = Hospital(root)
    for number, case_id in enumerate(IDS):
        place = Place(case_id, f"{FRAME}.{number}.9", f"{FRAME}.{number}")
        write_series(root / "dicom" / "deep" / case_id / "CT", "CT", change, place=place)
        write_series(root / "dicom" / case_id, "PT", change, place=place, spacing=(3, 4, 3))
    (root / "dicom" / "note.txt").write_text("not DICOM")
    rng = np.random.default_rng(2)
    cases = tuple(_case(hospital, case_id, rng) for case_id in IDS)
    _write_run(hospital, write_manifest(Cohort(cases), root / "cohort"))
    for case_id, mask in masks().items():
        hospital.write_mask(case_id, Image(mask, hospital.ct(case_id).image.grid))
    return hospital


def masks() -> dict[str, NDArray[np.uint8]]:
    """Return the predicted masks [z, y, x]."""
    found = {case_id: np.zeros((4, 8, 6), dtype=np.uint8) for case_id in IDS}
    found["P1"][1:3, 2:6, 1:5] = 1
    found["P1"][1, 3, 2] = 0
    found["P1"][2, 6, 1:4] = 2
    found["P2"][0, 0, 0] = 1
    return found


def values_of(path: Path) -> list[str]:
    """Return every value of a file as text, those in sequences, of private elements and of its preface too."""
    dataset = pydicom.dcmread(path)
    return [str(element.value) for part in (dataset.file_meta, dataset) for element in part.iterall()]


def _case(hospital: Hospital, case_id: str, rng: np.random.Generator) -> Case:
    folder, grid = hospital.root / "cohort" / case_id, hospital.ct(case_id).image.grid
    write_image(Image(rng.uniform(0, 12, (4, 8, 6)).astype(np.float32), grid), folder / "pet.nii.gz")
    write_image(Image(np.zeros((4, 8, 6), dtype=np.int16), grid), folder / "ct.nii.gz")
    return Case(case_id, "A", folder / "ct.nii.gz", folder / "pet.nii.gz", endpoints={"pfs": Endpoint(100, event=True)})


def _write_run(hospital: Hospital, manifest: Path) -> None:
    folder = create_run(Experiment(prepare=PrepareSettings(labels=LABELS)), manifest, hospital.run).folder
    folder.predictions.parent.mkdir()
    folder.risk_model.parent.mkdir()
    predicted = {"case_id": IDS, "fold": [1, 0, 0], "deep_log_hazard": [0.5, -0.25, 1.0]}
    pd.DataFrame(predicted).to_csv(folder.predictions, index=False)
    risks = {"case_id": ["P1", "P1"], "model": ["fused", "deep"], "risk": [1.25, 9.0], "group": ["high", "low"]}
    pd.DataFrame(risks).to_csv(folder.risks, index=False)
