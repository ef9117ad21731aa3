"""Where the images of the soft-tissue sarcoma cohort lie: NIfTI folders, or DICOM folders as first published."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from medmtl.errors import CaseError, MedmtlError

PATIENT = re.compile(r"STS_\d+")
REGION = r"GTV_Mass(_CT)?"  # the name of the tumour's contours on the CT


@dataclass(frozen=True, slots=True)
class PatientFolders:
    """Every folder of a patient that holds both images, as NIfTI or as DICOM series."""

    case_id: str
    nifti: tuple[Path, ...]
    dicom: tuple[Path, ...]

    @property
    def chosen(self) -> Path:
        """The NIfTI folder, else the DICOM folder; raises CaseError where there is none, or a choice to make."""
        found = self.nifti or self.dicom
        if not found:
            layouts = "{CT,PET}_image.nii.gz, or slices in {CT,PET}/image"
            raise CaseError(self.case_id, f"the patient's folder must hold {layouts}. Found neither.")
        if len(found) > 1:
            places = ", ".join(map(str, found))
            raise CaseError(self.case_id, f"the images must lie in one folder. Found {places}; name a narrower folder.")
        return found[0]


def find_patients(folder: Path) -> dict[str, PatientFolders]:
    """Search the folder and all below for folders named as a patient; return what they hold, sorted by patient."""
    if not folder.is_dir():
        raise MedmtlError(f"{folder}: the folder of the images does not exist. Correct the path.")
    places: dict[str, list[Path]] = defaultdict(list)
    for path in sorted([folder, *folder.rglob("STS_*")]):
        if PATIENT.fullmatch(path.name) and path.is_dir():
            places[path.name].append(path)
    return {name: _sort_out(name, places[name]) for name in sorted(places)}


def _sort_out(case_id: str, places: list[Path]) -> PatientFolders:
    nifti = tuple(
        place for place in places if all((place / f"{kind}_image.nii.gz").is_file() for kind in ("CT", "PET"))
    )
    dicom = tuple(place for place in places if all((place / kind / "image").is_dir() for kind in ("CT", "PET")))
    return PatientFolders(case_id, nifti, dicom)


def series_files(folder: Path) -> list[Path]:
    """Return the files of a series' folder, hidden ones and DICOMDIR left aside; raises MedmtlError without one."""
    if not folder.is_dir():
        raise MedmtlError(f"{folder}: a folder of DICOM slices must exist. Correct the path.")
    hidden = (".", "DICOMDIR")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(hidden))
