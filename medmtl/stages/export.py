"""Gives predictions away as DICOM: segmentations, contours and reports beside the series that they belong to."""

import logging
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from medmtl import __version__
from medmtl.dicom.groups import CaseBy, Group
from medmtl.dicom.identifiers import Identifiers, SourceIdentifiers
from medmtl.dicom.keep import keep_or_write
from medmtl.dicom.key_file import open_key
from medmtl.dicom.readable import hushed
from medmtl.dicom.reference import Origin, make_reference
from medmtl.errors import CaseError, MedmtlError
from medmtl.imaging.image import read_image
from medmtl.records import Case, Image
from medmtl.stages.export_kinds import ExportCase, Kind, make_object
from medmtl.stages.export_source import find_cases, series_of
from medmtl.stages.failures import note_failures
from medmtl.stages.predicted import Predicted, cohort_of, open_predicted
from medmtl.stages.progress import progress

_LOG = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a case."""

    WRITTEN = "written"
    KEPT = "kept as it was"
    SKIPPED = "skipped, as nothing was segmented"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where DICOM comes from and goes to, and what becomes of which cases.

    `cases` are all where none is named. `cohort` is the manifest of the PETs, needed to measure new cases alone.
    `key_file` is the key of new ids; without it the ids are those of the source. `case_by` says what makes a case in
    the source, as it was for its import. Of a case with several series on the mask's voxels, `series` names the UID.
    """

    source: Path
    out: Path
    cases: tuple[str, ...] = ()
    cohort: Path | None = None
    key_file: Path | None = None
    case_by: CaseBy = CaseBy.PATIENT
    series: tuple[str, ...] = ()

    @property
    def failures(self) -> Path:
        """Where failures are told: beside the key file or else beside `out`, since they name cases and their files."""
        if self.key_file is not None:
            return self.key_file.with_name(f"{self.key_file.stem}_failures.csv")
        return self.out.resolve().with_name(f"{self.out.resolve().name}_failures.csv")


@dataclass(frozen=True, slots=True, eq=False)
class _Export:
    kind: Kind
    options: ExportOptions
    predicted: Predicted
    identifiers: Identifiers
    found: dict[str, Group]
    cases: dict[str, Case]


def export(kind: Kind, root: Path, options: ExportOptions) -> str:
    """Write `OUT/<case>/<kind>.dcm` for the predictions in `root`; return a summary.

    Nothing is overwritten. A case that fails is noted in `options.failures` and the others go on; at the end a
    MedmtlError names those that failed.
    """
    work = _begin(kind, root, options)
    outcomes: Counter[Outcome] = Counter()
    failures: dict[str, str] = {}
    chosen = work.predicted.chosen(options.cases)
    with progress(f"export {kind}", len(chosen)) as advance:
        for case_id in chosen:
            try:
                with hushed():
                    outcome = _export_case(work, case_id)
            except (MedmtlError, OSError) as error:
                failures[case_id] = error.reason if isinstance(error, CaseError) else str(error)
                outcome = Outcome.FAILED
            outcomes[outcome] += 1
            advance(case_id)
    return _finish(work, outcomes, failures)


def _begin(kind: Kind, root: Path, options: ExportOptions) -> _Export:
    if options.out.is_file():
        raise MedmtlError(f"{options.out} must be a folder. It is a file; choose another --out.")
    predicted = open_predicted(root)
    cohort = cohort_of(predicted, options.cohort) if kind is Kind.SR else None
    identifiers = open_key(options.key_file, options.out) if options.key_file else SourceIdentifiers()
    cases = {case.case_id: case for case in cohort.cases} if cohort else {}
    return _Export(kind, options, predicted, identifiers, find_cases(options.source, options.case_by), cases)


def _export_case(work: _Export, case_id: str) -> Outcome:
    mask = _mask(work.predicted, case_id)
    if not mask.array.any():
        _LOG.warning("Case %s: nothing was segmented; no %s is written.", case_id, work.kind)
        return Outcome.SKIPPED
    series, ordered = series_of(case_id, mask, work.found, work.options.series)
    reference = make_reference(series.image.grid, series.headers, work.identifiers)
    folder = work.options.out / work.identifiers.patient(case_id)
    origin = Origin(__version__, work.predicted.run, work.predicted.models(case_id))
    exported = ExportCase(case_id, ordered, reference, origin, folder, work.cases.get(case_id))
    made = make_object(work.kind, exported, work.predicted)
    work.identifiers.finish(made)
    work.identifiers.keep()
    return Outcome.WRITTEN if keep_or_write(made, exported.path(work.kind)) else Outcome.KEPT


def _mask(predicted: Predicted, case_id: str) -> Image:
    mask = read_image(predicted.mask(case_id))
    if not np.isin(mask.array, (0, *predicted.labels.values())).all():
        raise CaseError(case_id, f"its mask must hold 0 and the labels {dict(predicted.labels)} alone.")
    return mask


def _finish(work: _Export, outcomes: Counter[Outcome], failures: dict[str, str]) -> str:
    if failures or work.options.failures.exists():
        note_failures(work.options.failures, f"export {work.kind}", failures)
    told = ", ".join(f"{count} {outcome}" for outcome in Outcome if (count := outcomes[outcome]))
    summary = f"{work.kind} of {outcomes.total()} cases: {told}; in {work.options.out}"
    if failures:
        reasons = "\n".join(f"  Case {case_id}: {reason}" for case_id, reason in sorted(failures.items()))
        raise MedmtlError(f"{summary}:\n{reasons}")
    return summary
