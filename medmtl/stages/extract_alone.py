"""Extracts radiomics from a table of images and masks, without a network or a run: `medmtl extract --images`."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from medmtl.errors import MedmtlError
from medmtl.features.image_row import ExtractionPlan, ImageRow
from medmtl.features.measure_row import feature_columns
from medmtl.features.provider import measured_by
from medmtl.stages.image_list import read_image_list
from medmtl.stages.image_tables import FEATURES, HEAD, MeasuredRow, image_table, write_provenance, write_table
from medmtl.stages.progress import progress
from medmtl.stages.row_memory import measure_or_remember
from medmtl.stages.workers import as_they_come, workers

_LOG = logging.getLogger(__name__)
_MEMORY = "memory"
REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class ExtractionSummary:
    """Where the table lies, and how many regions had which status."""

    table: Path
    statuses: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        """Return it in a line."""
        counts = ", ".join(f"{count} {status}" for status, count in self.statuses)
        return f"{self.table}: {counts or 'no region'}"


def extract_images(
    images: Path, plan: ExtractionPlan, out: Path, jobs: int, centre: str | None = None
) -> ExtractionSummary:
    """Write radiomics.csv, radiomics.parquet and provenance.json into `out`; return what became of the regions.

    With `plan.perturb`, repeats.csv and repeats.parquet too, for `stability.write_stability`. `centre` is a column that
    must be there, for `centres.write_image_centres`. A line that cannot be measured keeps its rows, with status and
    reason. What an interrupted extraction had measured is not measured again. Raises MedmtlError where the table itself
    cannot be read, or two distributions provide `radiomics`.
    """
    provenance = measured_by(plan.settings)
    taken = frozenset({*HEAD, "perturbation", *feature_columns(plan)})
    rows = read_image_list(images, taken)
    _check_centre(centre, rows, images)
    measured = _measure_all(rows, plan, out / _MEMORY, jobs)
    table = image_table(measured, plan)
    write_table(table, out, FEATURES, provenance)
    write_provenance(measured, plan, out)
    if plan.perturb:
        write_table(image_table(measured, plan, perturbed=True), out, REPEATS, provenance)
    return ExtractionSummary(out / f"{FEATURES}.csv", tuple(Counter(table["status"]).most_common()))


def _check_centre(centre: str | None, rows: Sequence[ImageRow], images: Path) -> None:
    known = list(rows[0].carried) if rows else []
    if centre is not None and centre not in known:
        raise MedmtlError(f"{images}: --centre must name a column. Found {centre}, not one of {', '.join(known)}.")


def _measure_all(rows: Sequence[ImageRow], plan: ExtractionPlan, memory: Path, jobs: int) -> list[MeasuredRow]:
    found = {}
    largest_first = sorted(rows, key=_bytes, reverse=True)  # no worker is left alone with a big one at the end
    work = (delayed(measure_or_remember)(row, plan, memory) for row in largest_first)
    try:
        with progress("extract", len(rows)) as advance:
            for line, regions, files in as_they_come(work, workers(jobs, len(rows))):
                found[line] = (regions, files)
                advance(f"line {line}")
    except TerminatedWorkerError as error:
        raise MedmtlError(
            "no process of the extraction may be killed, as the system does for want of memory. Found one killed after "
            f"{len(found)} of {len(rows)} lines; the same command goes on from there, and --jobs 1 needs least memory."
        ) from error
    return [MeasuredRow(row, *found[row.line]) for row in rows]


def _bytes(row: ImageRow) -> int:
    try:
        return sum(path.stat().st_size for path in (row.image, row.mask) if path.is_file())
    except OSError:  # a name that no file can have
        return 0
