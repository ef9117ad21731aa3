"""Extracts radiomics from the predicted masks of a run."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from medmtl.features.base import CaseFeatures, FeatureStatus
from medmtl.features.cohort import ExtractionJob, Workshop, extract_cohort
from medmtl.features.provider import measured_by
from medmtl.features.radiomics import profile_of
from medmtl.features.settings import RadiomicsSettings
from medmtl.features.table import feature_table, write_features
from medmtl.records import Case
from medmtl.stages.centres import write_run_centres
from medmtl.stages.failures import note_failures
from medmtl.stages.parallel import spread
from medmtl.stages.predict import read_predictions
from medmtl.stages.progress import progress
from medmtl.stages.provenance import surroundings
from medmtl.stages.repeats import write_repeats
from medmtl.stages.run import Run
from medmtl.stages.stamps import outputs_of, perform
from medmtl.stages.workers import workers
from medmtl.whole_file import whole_file


def extract_run(run: Run) -> str:
    """Write `features.parquet` and `features.csv` of the out-of-fold masks; return their hash.

    A case that cannot be measured keeps its row, with its status; the reason is noted in failures.csv. Beside them lie
    who measured (features.json), how well centres can be told, and which features keep still where that is asked for.
    """
    settings = run.experiment.radiomics
    inputs = [outputs_of(run.folder, "predict") or "", settings.told()]
    inputs += [settings.stability.model_dump_json()] if settings.stability.asked else []
    return perform(run.folder, "extract", inputs, lambda: _extract(run))


def extract_masks(
    cases: Iterable[Case], mask: Callable[[str], Path], settings: RadiomicsSettings, memory: Path, jobs: int
) -> dict[str, CaseFeatures]:
    """Measure these cases in parallel, each in the mask that `mask` finds by its id."""
    work = [ExtractionJob(case.case_id, case.pet, case.needed_ct, mask(case.case_id)) for case in cases]
    with progress("extract", len(work)) as advance:
        workshop = Workshop(workers(jobs, len(work)), memory)
        return extract_cohort(work, settings, workshop, lambda case_id, _: advance(case_id))


def reasons(features: Mapping[str, CaseFeatures]) -> dict[str, str]:
    """Return why cases could not be measured in full, by case id."""
    return {
        case_id: f"{one.status.value}: {one.reason}"
        for case_id, one in features.items()
        if one.status != FeatureStatus.OK
    }


def write_provenance(settings: RadiomicsSettings, path: Path) -> None:
    """Write who measured features: provider of `radiomics`, engine, profile, settings, versions."""
    told = {**surroundings(), **measured_by(profile_of(settings)), "settings": settings.model_dump(mode="json")}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _extract(run: Run) -> list[Path]:
    predictions = read_predictions(run.folder.predictions)
    settings, jobs, folder = run.experiment.radiomics, run.experiment.jobs, run.folder
    provenance = measured_by(profile_of(settings))
    with spread(run.experiment.parallel):
        features = extract_masks(run.cohort.cases, folder.mask, settings, folder.feature_memory, jobs)
        repeats = write_repeats(run.cohort.cases, folder, settings, jobs)
    folds = {str(case_id): int(fold) for case_id, fold in predictions["fold"].items()}
    checkpoints = {str(case_id): str(hash_) for case_id, hash_ in predictions["checkpoint"].items()}
    table = feature_table(features, folds, checkpoints)
    write_features(table, folder.root, provenance)
    write_provenance(settings, folder.feature_provenance)
    write_run_centres(run, table)
    note_failures(folder.failures, "extract", reasons(features))
    return [folder.features, *repeats]
