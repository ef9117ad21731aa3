"""Splits a cohort into folds, dealt out by event and centre like cards, so that every fold looks like the cohort."""

from collections.abc import Iterable, Sequence

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.records import Case, Cohort, Fold


def make_folds(cohort: Cohort, endpoint: str, k: int, validate_fraction: float, seed: int) -> tuple[Fold, ...]:
    """Return k folds in which every case is a test case exactly once; deterministic by the seed.

    Between the test parts the numbers of events (observed, censored, unknown) and, within these, of centres differ by
    at most one, however rare they are. The validate part is `validate_fraction` of what is not tested, and empty where
    that is 0. Raises MedmtlError where a part that is asked for would hold no event: risk could be neither learned, nor
    stopped, nor scored there.
    """
    _check_request(k, validate_fraction)
    events = {case.case_id for case in cohort.cases if _observed(case, endpoint)}
    if len(events) < k:
        raise MedmtlError(_too_few(endpoint, len(events), k))
    rng = np.random.default_rng(seed)
    dealt = _shuffled_by_stratum(cohort.cases, endpoint, rng)
    folds = []
    for index in range(k):
        test = set(dealt[index::k])
        folds.append(_fold(index, cohort.ids, _validate(dealt, test, events, validate_fraction, rng), test))
    needed = [part for fold in folds for part in (fold.train, fold.test, *filter(None, [fold.validate]))]
    if not all(events & set(part) for part in needed):
        raise MedmtlError(_too_few(endpoint, len(events), k))
    return tuple(folds)


def make_centre_folds(cohort: Cohort, endpoint: str, validate_fraction: float, seed: int) -> tuple[Fold, ...]:
    """Return one fold per centre, by their names in order; its cases are the test part. Deterministic by the seed.

    The validate part is taken from the other centres as `make_folds` does. A centre without an event is predicted and
    cannot be scored. Raises MedmtlError for fewer than two centres, and where a train or validate part that is asked
    for would hold no event.
    """
    centres = sorted({case.centre for case in cohort.cases})
    _check_request(len(centres), validate_fraction)
    events = {case.case_id for case in cohort.cases if _observed(case, endpoint)}
    rng = np.random.default_rng(seed)
    dealt = _shuffled_by_stratum(cohort.cases, endpoint, rng)
    folds = []
    for index, centre in enumerate(centres):
        test = {case.case_id for case in cohort.cases if case.centre == centre}
        fold = _fold(index, cohort.ids, _validate(dealt, test, events, validate_fraction, rng), test)
        if not all(events & set(part) for part in (fold.train, *filter(None, [fold.validate]))):
            raise MedmtlError(
                f"Without {centre}, the train and validate parts must each hold an event of {endpoint}. "
                f"Found {len(events - test)} events in the other centres. Divide by cases instead."
            )
        folds.append(fold)
    return tuple(folds)


def _check_request(k: int, validate_fraction: float) -> None:
    if k < 2:
        raise MedmtlError(f"A cross-validation must have at least 2 folds (by centre: 2 centres). Found {k}.")
    if not 0 <= validate_fraction <= 0.5:
        raise MedmtlError(f"The validate fraction must be between 0 and 0.5. Found {validate_fraction}.")


def _observed(case: Case, endpoint: str) -> bool:
    return endpoint in case.endpoints and case.endpoints[endpoint].event


def _too_few(endpoint: str, events: int, k: int) -> str:
    need = "each of the train, validate and test parts must hold an event"
    remedy = "Use fewer folds, an endpoint with more events, or a larger cohort"
    return f"In every fold {need} of {endpoint}. Found {events} events for {k} folds. {remedy}."


def _shuffled_by_stratum(cases: Sequence[Case], endpoint: str, rng: np.random.Generator) -> list[str]:
    """Return the ids with events first, then censored, then unknown; within these by centre; within these at random."""
    order = rng.permutation(len(cases))
    return [cases[i].case_id for i in sorted(order, key=lambda i: _stratum(cases[i], endpoint))]


def _stratum(case: Case, endpoint: str) -> tuple[int, str]:
    if endpoint not in case.endpoints:
        return 2, case.centre
    return 0 if case.endpoints[endpoint].event else 1, case.centre


def _fold(index: int, ids: Iterable[str], validate: set[str], test: set[str]) -> Fold:
    in_order = tuple(ids)
    train = tuple(case_id for case_id in in_order if case_id not in validate | test)
    kept = [tuple(case_id for case_id in in_order if case_id in part) for part in (validate, test)]
    return Fold(index, train, *kept)


def _validate(
    dealt: Sequence[str], test: set[str], events: set[str], fraction: float, rng: np.random.Generator
) -> set[str]:
    rest = [case_id for case_id in dealt if case_id not in test]
    return _evenly(rest, len(events - test), fraction, rng) if fraction else set()


def _evenly(rest: Sequence[str], n_events: int, fraction: float, rng: np.random.Generator) -> set[str]:
    """Take every n-th of the stratified order, starting among the events, which come first."""
    count = max(1, round(fraction * len(rest)))
    step = len(rest) / count
    start = rng.uniform(0, min(step, n_events))
    return {rest[min(int(start + i * step), len(rest) - 1)] for i in range(count)}
