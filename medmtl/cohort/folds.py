"""Splits a cohort into folds, dealt out by event and centre like cards, so that every fold looks like the cohort."""

from collections.abc import Iterable, Sequence

import numpy as np

from medmtl.errors import MedmtlError
from medmtl.records import Case, Cohort, Fold


def make_folds(cohort: Cohort, endpoint: str | None, k: int, validate_fraction: float, seed: int) -> tuple[Fold, ...]:
    """Return k folds in which every case is a test case exactly once; deterministic by the seed.

    Between the test parts the numbers of events (observed, censored, unknown) and, within these, of centres differ by
    at most one, however rare they are. The validate part is `validate_fraction` of what is not tested, and empty where
    that is 0. Raises MedmtlError where a part that is asked for would hold no event: risk could be neither learned, nor
    stopped, nor scored there. Without an endpoint masks take the place of events: known, or not.
    """
    _check_request(k, validate_fraction)
    needed = {case.case_id for case in cohort.cases if _teaches(case, endpoint)}
    if len(needed) < k:
        raise MedmtlError(_too_few(endpoint, len(needed), k))
    rng = np.random.default_rng(seed)
    dealt = _shuffled_by_stratum(cohort.cases, endpoint, rng)
    folds = []
    for index in range(k):
        test = set(dealt[index::k])
        folds.append(_fold(index, cohort.ids, _validate(dealt, test, needed, validate_fraction, rng), test))
    parts = [part for fold in folds for part in (fold.train, fold.test, *filter(None, [fold.validate]))]
    if not all(needed & set(part) for part in parts):
        raise MedmtlError(_too_few(endpoint, len(needed), k))
    return tuple(folds)


def make_centre_folds(cohort: Cohort, endpoint: str | None, validate_fraction: float, seed: int) -> tuple[Fold, ...]:
    """Return one fold per centre, by their names in order; its cases are the test part. Deterministic by the seed.

    The validate part is taken from the other centres as `make_folds` does. A centre without an event is predicted and
    cannot be scored. Raises MedmtlError for fewer than two centres, and where a train or validate part that is asked
    for would hold no event. Without an endpoint masks take the place of events.
    """
    centres = sorted({case.centre for case in cohort.cases})
    _check_request(len(centres), validate_fraction)
    needed = {case.case_id for case in cohort.cases if _teaches(case, endpoint)}
    rng = np.random.default_rng(seed)
    dealt = _shuffled_by_stratum(cohort.cases, endpoint, rng)
    folds = []
    for index, centre in enumerate(centres):
        test = {case.case_id for case in cohort.cases if case.centre == centre}
        fold = _fold(index, cohort.ids, _validate(dealt, test, needed, validate_fraction, rng), test)
        if not all(needed & set(part) for part in (fold.train, *filter(None, [fold.validate]))):
            raise MedmtlError(
                f"Without {centre}, the train and validate parts must each hold {_need(endpoint)}. "
                f"Found {len(needed - test)} in the other centres. Divide by cases instead."
            )
        folds.append(fold)
    return tuple(folds)


def _check_request(k: int, validate_fraction: float) -> None:
    if k < 2:
        raise MedmtlError(f"A cross-validation must have at least 2 folds (by centre: 2 centres). Found {k}.")
    if not 0 <= validate_fraction <= 0.5:
        raise MedmtlError(f"The validate fraction must be between 0 and 0.5. Found {validate_fraction}.")


def _teaches(case: Case, endpoint: str | None) -> bool:
    """Return whether the case holds what every part needs: an event, or without an endpoint a reference mask."""
    return _stratum(case, endpoint)[0] == 0


def _need(endpoint: str | None) -> str:
    return "a reference mask" if endpoint is None else f"an event of {endpoint}"


def _too_few(endpoint: str | None, found: int, k: int) -> str:
    need = f"each of the train, validate and test parts must hold {_need(endpoint)}"
    counted, more = ("masks", "") if endpoint is None else ("events", " an endpoint with more events,")
    return f"In every fold {need}. Found {found} {counted} for {k} folds. Use fewer folds,{more} or a larger cohort."


def _shuffled_by_stratum(cases: Sequence[Case], endpoint: str | None, rng: np.random.Generator) -> list[str]:
    """Return the ids with events first, then censored, then unknown (without an endpoint: with masks, then without).

    Within these by centre, and within these at random.
    """
    order = rng.permutation(len(cases))
    return [cases[i].case_id for i in sorted(order, key=lambda i: _stratum(cases[i], endpoint))]


def _stratum(case: Case, endpoint: str | None) -> tuple[int, str]:
    if endpoint is None:
        return 0 if case.mask else 1, case.centre
    observed = case.observed(endpoint)
    if observed is None:
        return 2, case.centre
    return 0 if observed.event else 1, case.centre


def _fold(index: int, ids: Iterable[str], validate: set[str], test: set[str]) -> Fold:
    in_order = tuple(ids)
    train = tuple(case_id for case_id in in_order if case_id not in validate | test)
    kept = [tuple(case_id for case_id in in_order if case_id in part) for part in (validate, test)]
    return Fold(index, train, *kept)


def _validate(
    dealt: Sequence[str], test: set[str], needed: set[str], fraction: float, rng: np.random.Generator
) -> set[str]:
    rest = [case_id for case_id in dealt if case_id not in test]
    return _evenly(rest, len(needed - test), fraction, rng) if fraction else set()


def _evenly(rest: Sequence[str], n_needed: int, fraction: float, rng: np.random.Generator) -> set[str]:
    """Take every n-th of the stratified order, starting among the cases that each part needs, which come first."""
    count = max(1, round(fraction * len(rest)))
    step = len(rest) / count
    start = rng.uniform(0, min(step, n_needed))
    return {rest[min(int(start + i * step), len(rest) - 1)] for i in range(count)}
