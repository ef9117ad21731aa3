"""Measures many cases in parallel, and remembers each, so that a stopped extraction goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from pathlib import Path

from joblib import Parallel, delayed

from medmtl.errors import MedmtlError
from medmtl.features.base import CaseFeatures, FeatureStatus
from medmtl.features.case_changes import changed, shift_of
from medmtl.features.extract import extract_case, feature_names
from medmtl.features.perturbations import UNCHANGED
from medmtl.features.provider import installed_providers
from medmtl.features.radiomics import pyradiomics_version
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import read_image
from medmtl.records import Image
from medmtl.whole_file import whole_file

EXTRACTION_VERSION = 1  # raise it when the same input would give other numbers


@dataclass(frozen=True, slots=True)
class ExtractionJob:
    """The files of one case to measure; the mask, predicted or reference, lies on the CT's grid.

    `change` names what becomes of the images first (`case_changes.changed`), or whose mask it is.
    """

    case_id: str
    pet: Path
    ct: Path
    mask: Path
    change: str = UNCHANGED


@dataclass(frozen=True, slots=True)
class Workshop:
    """How many processes work, and the folder that remembers their results (None: nothing is remembered)."""

    workers: int = 1
    cache: Path | None = None


def extract_cohort(
    jobs: Sequence[ExtractionJob],
    settings: RadiomicsSettings,
    workshop: Workshop,
    on_done: Callable[[str, CaseFeatures], None],
) -> dict[str, CaseFeatures]:
    """Return the features of every case, in the order of the jobs; `on_done` hears of each as it is finished.

    A file that cannot be read gives the status `error` with its reason, and the others go on.
    """
    measured = extract_all(jobs, settings, workshop, on_done)
    return {job.case_id: features for job, features in zip(jobs, measured, strict=True)}


def extract_all(
    jobs: Sequence[ExtractionJob],
    settings: RadiomicsSettings,
    workshop: Workshop,
    on_done: Callable[[str, CaseFeatures], None],
) -> list[CaseFeatures]:
    """Return the same of every job, in their order; all jobs of one case are one process's, one after the other."""
    by_case: dict[str, list[int]] = {}
    for place, job in enumerate(jobs):
        by_case.setdefault(job.case_id, []).append(place)
    largest_first = sorted(by_case.values(), key=lambda places: _bytes(jobs[places[0]]), reverse=True)
    parallel = Parallel(n_jobs=min(workshop.workers, max(len(by_case), 1)), return_as="generator_unordered")
    done: dict[int, CaseFeatures] = {}  # largest first: no worker is left alone with a big case at the end
    work = (delayed(_extract_case)({k: jobs[k] for k in places}, settings, workshop.cache) for places in largest_first)
    for found in parallel(work):
        done |= found
        for place, features in found.items():
            on_done(jobs[place].case_id, features)
    return [done[place] for place in range(len(jobs))]


def _bytes(job: ExtractionJob) -> int:
    return job.ct.stat().st_size if job.ct.is_file() else 0


def _extract_case(
    jobs: Mapping[int, ExtractionJob], settings: RadiomicsSettings, cache: Path | None
) -> dict[int, CaseFeatures]:
    """Return what all jobs of one case give; its PET and CT are read once."""
    read = lru_cache(maxsize=3)(read_image)
    return {place: _extract(job, settings, cache, read) for place, job in jobs.items()}


def _extract(
    job: ExtractionJob, settings: RadiomicsSettings, cache: Path | None, read: Callable[[Path], Image]
) -> CaseFeatures:
    try:
        if cache is None:
            return _measure(job, settings, read)
        memory = cache / f"{job.case_id}-{_key(job, settings)}.json"
        if not memory.is_file():
            _remember(_measure(job, settings, read), memory)
        return CaseFeatures.from_dict(json.loads(memory.read_text("utf-8")))
    except (MedmtlError, OSError) as error:
        values = dict.fromkeys(feature_names(settings), nan)
        return CaseFeatures(FeatureStatus.ERROR, values, str(error))


def _measure(job: ExtractionJob, settings: RadiomicsSettings, read: Callable[[Path], Image]) -> CaseFeatures:
    images = changed((read(job.pet), read(job.ct), read(job.mask)), job.change)
    return extract_case(*images, settings, shift_of(job.change))


def _key(job: ExtractionJob, settings: RadiomicsSettings) -> str:
    recipe = f"{EXTRACTION_VERSION} {pyradiomics_version} {installed_providers()} {settings.told()} {job.change}"
    digest = hashlib.sha256(recipe.encode())
    for path in (job.pet, job.ct, job.mask):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _remember(features: CaseFeatures, memory: Path) -> None:
    with whole_file(memory) as partial:
        partial.write_text(json.dumps(features.to_dict()), "utf-8")
