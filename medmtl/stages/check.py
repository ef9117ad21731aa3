"""Looks through a cohort before a run: the table, every image, the division into folds, the network."""

from pathlib import Path

from joblib import Parallel, delayed

from medmtl.cohort.manifest import read_manifest
from medmtl.errors import CaseError, MedmtlError
from medmtl.experiment import Experiment
from medmtl.imaging.prepare import check_images
from medmtl.imaging.settings import PrepareSettings
from medmtl.records import Case, Cohort
from medmtl.stages.begin import check_feasible
from medmtl.stages.prepare import workers
from medmtl.stages.progress import progress


def check_cohort(manifest: Path, experiment: Experiment) -> str:
    """Return a summary of the cohort; raise one MedmtlError that names every fault found."""
    cohort = read_manifest(manifest, experiment.endpoint)
    faults = _image_faults(cohort, experiment) + _plan_faults(cohort, experiment)
    if faults:
        raise MedmtlError(
            f"{manifest}: faults that stop a run ({len(faults)}):\n" + "\n".join(f"  {fault}" for fault in faults)
        )
    return _summary(cohort, experiment.endpoint)


def _image_faults(cohort: Cohort, experiment: Experiment) -> list[str]:
    parallel = Parallel(n_jobs=workers(experiment.jobs, len(cohort.cases)), return_as="generator_unordered")
    found = {}
    with progress("check", len(cohort.cases)) as advance:
        for case_id, fault in parallel(delayed(_image_fault)(case, experiment.prepare) for case in cohort.cases):
            found[case_id] = fault
            advance(case_id)
    return [found[case_id] for case_id in cohort.ids if found[case_id]]


def _image_fault(case: Case, settings: PrepareSettings) -> tuple[str, str]:
    try:
        check_images(case, settings)
    except CaseError as error:
        return case.case_id, str(error)
    return case.case_id, ""


def _plan_faults(cohort: Cohort, experiment: Experiment) -> list[str]:
    try:
        check_feasible(experiment, cohort)
    except MedmtlError as error:
        return [str(error)]
    return []


def _summary(cohort: Cohort, endpoint: str) -> str:
    observed = [case.endpoints[endpoint] for case in cohort.cases if endpoint in case.endpoints]
    lines = [
        f"{len(cohort.cases)} cases of {len({case.centre for case in cohort.cases})} centre(s); no fault found",
        f"{endpoint}: known in {len(observed)}, {sum(one.event for one in observed)} events",
        f"mask: known in {sum(case.mask is not None for case in cohort.cases)}",
    ]
    for column in cohort.columns:
        known = sum(case.clinical.get(column.name) is not None for case in cohort.cases)
        lines.append(f"{column.name} ({column.scale}): known in {known}")
    return "\n".join(lines)
