"""Measures the cases of a run again, in further masks and changed images, and tells which features keep still."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from medmtl.features.case_changes import own_changes
from medmtl.features.cohort import ExtractionJob, Workshop, extract_all
from medmtl.features.extract import feature_names
from medmtl.features.provider import measured_by
from medmtl.features.radiomics import profile_of
from medmtl.features.settings import RadiomicsSettings
from medmtl.records import Case
from medmtl.stages.extract_alone import REPEATS
from medmtl.stages.further_masks import MaskFolder, further_masks
from medmtl.stages.image_tables import write_table
from medmtl.stages.progress import progress
from medmtl.stages.stability import PAGE, TABLE, write_table_and_page
from medmtl.stages.workers import workers

PART = "mask"  # a run measures all labels of a mask together


class FeatureFolder(MaskFolder, Protocol):
    """A folder of predictions that has features as well."""

    @property
    def feature_memory(self) -> Path:
        """Features of single cases."""

    @property
    def stability(self) -> Path:
        """What is to be written."""


def write_repeats(cases: Iterable[Case], folder: FeatureFolder, settings: RadiomicsSettings, jobs: int) -> list[Path]:
    """Write the repeated measurements and what they say, where any is asked for; return the files.

    Repeats have `case_id`, `line` (the case's place), `part`, `perturbation`, `status`, `reason` and the features. Each
    case's masks are those of the models that made its predicted mask: in a run, of the one that never saw it.
    """
    if not settings.stability.asked:
        return []
    table = _measured(list(cases), folder, settings, jobs)
    write_table(table, folder.stability, REPEATS, measured_by(profile_of(settings)))
    write_table_and_page(table, feature_names(settings), folder.stability)
    return [folder.stability / name for name in (f"{REPEATS}.parquet", f"{REPEATS}.csv", TABLE, PAGE)]


def _measured(cases: Sequence[Case], folder: FeatureFolder, settings: RadiomicsSettings, jobs: int) -> pd.DataFrame:
    work = [(line, one) for line, case in enumerate(cases, start=1) for one in _jobs(case, folder, settings)]
    with progress("repeat", len(work)) as advance:
        workshop = Workshop(workers(jobs, len(work)), folder.feature_memory)
        found = extract_all([one for _, one in work], settings, workshop, lambda case_id, _: advance(case_id))
    head = pd.DataFrame(
        [
            (one.case_id, line, PART, one.change, features.status.value, features.reason)
            for (line, one), features in zip(work, found, strict=True)
        ],
        columns=["case_id", "line", "part", "perturbation", "status", "reason"],
    )
    values = pd.DataFrame([dict(one.values) for one in found], columns=[*feature_names(settings)], dtype=float)
    return pd.concat([head, values], axis=1)


def _jobs(case: Case, folder: FeatureFolder, settings: RadiomicsSettings) -> Iterator[ExtractionJob]:
    mask = folder.mask(case.case_id)
    for change in own_changes(settings.stability):
        yield ExtractionJob(case.case_id, case.pet, case.needed_ct, mask, change)
    for name, path in further_masks(folder, case.case_id):
        yield ExtractionJob(case.case_id, case.pet, case.needed_ct, path, name)
