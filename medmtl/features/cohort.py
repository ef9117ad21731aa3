"""Measures many cases in parallel, and remembers each, so that a stopped extraction goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

from joblib import Parallel, delayed

from medmtl.errors import MedmtlError
from medmtl.features.base import CaseFeatures, FeatureStatus
from medmtl.features.extract import extract_case, feature_names
from medmtl.features.radiomics import pyradiomics_version
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import read_image
from medmtl.whole_file import whole_file

EXTRACTION_VERSION = 1  # raise it when the same input would give other numbers


@dataclass(frozen=True, slots=True)
class ExtractionJob:
    """The files of one case to measure; the mask, predicted or reference, lies on the CT's grid."""

    case_id: str
    pet: Path
    ct: Path
    mask: Path


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
    largest_first = sorted(jobs, key=_bytes, reverse=True)  # no worker is left alone with a big case at the end
    parallel = Parallel(n_jobs=min(workshop.workers, max(len(jobs), 1)), return_as="generator_unordered")
    done: dict[str, CaseFeatures] = {}
    for case_id, features in parallel(delayed(_extract)(job, settings, workshop.cache) for job in largest_first):
        done[case_id] = features
        on_done(case_id, features)
    return {job.case_id: done[job.case_id] for job in jobs}


def _bytes(job: ExtractionJob) -> int:
    return job.ct.stat().st_size if job.ct.is_file() else 0


def _extract(job: ExtractionJob, settings: RadiomicsSettings, cache: Path | None) -> tuple[str, CaseFeatures]:
    try:
        if cache is None:
            return job.case_id, _measure(job, settings)
        memory = cache / f"{job.case_id}-{_key(job, settings)}.json"
        if not memory.is_file():
            _remember(_measure(job, settings), memory)
        return job.case_id, CaseFeatures.from_dict(json.loads(memory.read_text("utf-8")))
    except (MedmtlError, OSError) as error:
        values = dict.fromkeys(feature_names(settings), nan)
        return job.case_id, CaseFeatures(FeatureStatus.ERROR, values, str(error))


def _measure(job: ExtractionJob, settings: RadiomicsSettings) -> CaseFeatures:
    return extract_case(read_image(job.pet), read_image(job.ct), read_image(job.mask), settings)


def _key(job: ExtractionJob, settings: RadiomicsSettings) -> str:
    digest = hashlib.sha256(f"{EXTRACTION_VERSION} {pyradiomics_version} {settings.model_dump_json()}".encode())
    for path in (job.pet, job.ct, job.mask):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _remember(features: CaseFeatures, memory: Path) -> None:
    with whole_file(memory) as partial:
        partial.write_text(json.dumps(features.to_dict()), "utf-8")
