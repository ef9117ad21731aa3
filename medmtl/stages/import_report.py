"""The report of an import: one line per case, and its sum in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

REPORT = "import_report.csv"
IMPORTED, FAILED, LEFT_OUT = "imported", "failed", "left_out"
_TOLD = 5  # failures that the summary names; all are in the report


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the report; `status` is imported, failed or left_out, and `reason` says why it is not imported.

    `source` is what the images were (dicom, nifti), `chosen` which series were taken, `notes` what was decided on the
    way; `suv_branch` and `suv_constants` (JSON) are how the PET became SUV.
    """

    case_id: str
    source: str
    status: str
    reason: str = ""
    notes: str = ""
    chosen: str = ""
    suv_branch: str = ""
    suv_constants: str = ""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of an import: its manifest, the entries of its report, and remarks on all of it."""

    manifest: Path
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...] = ()
    options: str = ""  # of `check`, as the cohort needs them

    def count(self, status: str) -> int:
        """Return how many cases have this status."""
        return sum(entry.status == status for entry in self.entries)

    def __str__(self) -> str:
        folder = self.manifest.parent
        failed = [entry for entry in self.entries if entry.status == FAILED]
        counts = f"{self.count(IMPORTED)} imported, {len(failed)} failed, {self.count(LEFT_OUT)} left out"
        noted = sum(bool(entry.notes) for entry in self.entries if entry.status == IMPORTED)
        told = [f"  {entry.case_id}: {entry.reason}" for entry in failed[:_TOLD]]
        more = [f"  and {len(failed) - _TOLD} more"] if len(failed) > _TOLD else []
        remarks = [f"{noted} of the imported have notes"] if noted else []
        place = f"Each case, with its reason and its notes, is in {folder / REPORT}"
        return "\n".join(
            [*self.remarks, counts, *told, *more, *remarks, place, f"Next: medmtl check {folder}{self.options}"]
        )


def write_report(entries: Sequence[Entry], folder: Path) -> None:
    """Write the entries as `import_report.csv`."""
    pd.DataFrame(list(entries)).to_csv(folder / REPORT, index=False)


def read_report(folder: Path) -> tuple[Entry, ...]:
    """Return the entries of a finished cohort."""
    table = pd.read_csv(folder / REPORT, dtype=str, keep_default_na=False)
    return tuple(Entry(**{str(key): str(cell) for key, cell in row.items()}) for row in table.to_dict("records"))
