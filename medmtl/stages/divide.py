"""Divides a cohort as its experiment asks for."""

from medmtl.cohort.folds import make_centre_folds, make_folds
from medmtl.experiment import Experiment
from medmtl.records import Cohort, Fold


def divide(experiment: Experiment, cohort: Cohort) -> tuple[Fold, ...]:
    """Return the folds; raise MedmtlError where the cohort cannot be divided so."""
    asked = experiment.folds
    if asked.by == "centre":
        return make_centre_folds(cohort, experiment.endpoint, asked.validate_fraction, experiment.seed)
    return make_folds(cohort, experiment.endpoint, asked.count, asked.validate_fraction, experiment.seed)
