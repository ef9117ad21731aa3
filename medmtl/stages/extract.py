"""Extracts radiomics from the predicted masks of a run."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from medmtl.features.base import CaseFeatures, FeatureStatus
from medmtl.features.cohort import ExtractionJob, Workshop, extract_cohort
from medmtl.features.settings import RadiomicsSettings
from medmtl.features.table import feature_table, write_features
from medmtl.records import Case
from medmtl.stages.failures import note_failures
from medmtl.stages.predict import read_predictions
from medmtl.stages.progress import progress
from medmtl.stages.run import Run
from medmtl.stages.stamps import outputs_of, perform
from medmtl.stages.workers import workers


def extract_run(run: Run) -> str:
    """Write `features.parquet` and `features.csv` of the out-of-fold masks; return their hash.

    A case that cannot be measured keeps its row, with its status; the reason is noted in failures.csv.
    """
    inputs = (outputs_of(run.folder, "predict") or "", run.experiment.radiomics.model_dump_json())
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


def _extract(run: Run) -> list[Path]:
    predictions = read_predictions(run.folder.predictions)
    settings, jobs = run.experiment.radiomics, run.experiment.jobs
    features = extract_masks(run.cohort.cases, run.folder.mask, settings, run.folder.feature_memory, jobs)
    folds = {str(case_id): int(fold) for case_id, fold in predictions["fold"].items()}
    checkpoints = {str(case_id): str(hash_) for case_id, hash_ in predictions["checkpoint"].items()}
    write_features(feature_table(features, folds, checkpoints), run.folder.root)
    note_failures(run.folder.failures, "extract", reasons(features))
    return [run.folder.features]
