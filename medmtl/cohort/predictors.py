"""Chooses which clinical columns of a cohort are predicted from; the others are carried in its tables alone."""

from collections.abc import Sequence
from dataclasses import replace

from medmtl.errors import MedmtlError
from medmtl.records import Cohort


def choose_predictors(cohort: Cohort, names: Sequence[str] | None) -> Cohort:
    """Return the cohort with these columns only, in this order; without names, those that its schema predicts from.

    The others are carried: the cases keep every value. Raises MedmtlError for a name that is no clinical column, or
    that occurs twice.
    """
    by_name = {column.name: column for column in cohort.columns}
    chosen = [name for name in by_name if by_name[name].predictor] if names is None else list(names)
    unknown = [name for name in chosen if name not in by_name]
    if unknown or len(set(chosen)) < len(chosen):
        raise MedmtlError(
            f"predictors: each must be a clinical column of the schema, named once ({', '.join(by_name) or 'none'}). "
            f"Found {', '.join(unknown or chosen)}."
        )
    carried = tuple(column for column in cohort.columns if column.name not in chosen)
    return replace(cohort, columns=tuple(by_name[name] for name in chosen), carried=carried)
