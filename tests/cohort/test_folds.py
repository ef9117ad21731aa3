from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from medmtl.cohort.folds import make_centre_folds, make_folds
from medmtl.errors import MedmtlError
from medmtl.records import Case, Cohort, Endpoint


def _case(case_id: str, centre: str, event: bool | None) -> Case:
    endpoints = {} if event is None else {"os": Endpoint(10.0, event)}
    return Case(case_id, centre, Path("ct"), Path("pet"), endpoints=endpoints)


def _cohort(counts: dict[tuple[str, bool | None], int]) -> Cohort:
    cells = [cell for cell, count in counts.items() for _ in range(count)]
    return Cohort(tuple(_case(f"case{i}", centre, event) for i, (centre, event) in enumerate(cells)))


COHORT = _cohort({("a", True): 9, ("a", False): 14, ("b", True): 4, ("b", False): 3, ("c", False): 1, ("b", None): 2})


def _events(part: tuple[str, ...]) -> int:
    return sum(case.endpoints["os"].event for case in COHORT.select(part).cases if "os" in case.endpoints)


def test_every_case_is_tested_exactly_once_and_belongs_to_every_fold() -> None:
    folds = make_folds(COHORT, "os", 4, 0.2, seed=1)
    assert sorted(case_id for fold in folds for case_id in fold.test) == sorted(COHORT.ids)
    for fold in folds:
        assert sorted(fold.train + fold.validate + fold.test) == sorted(COHORT.ids)


def test_events_and_centres_are_spread_as_evenly_as_whole_cases_allow() -> None:
    for seed in range(5):
        folds = make_folds(COHORT, "os", 4, 0.2, seed)
        assert {_events(fold.test) for fold in folds} <= {3, 4}
        assert {len(fold.test) for fold in folds} <= {8, 9}
        centres = [Counter(case.centre for case in COHORT.select(fold.test).cases) for fold in folds]
        assert {count["a"] for count in centres} <= {5, 6, 7}


def test_the_validate_part_has_the_asked_size_and_an_event() -> None:
    for seed in range(20):
        for fold in make_folds(COHORT, "os", 4, 0.2, seed):
            assert len(fold.validate) == 5
            assert 1 <= _events(fold.validate) <= 3
            assert _events(fold.train) >= 5


def test_the_seed_decides_the_folds() -> None:
    assert make_folds(COHORT, "os", 4, 0.2, seed=1) == make_folds(COHORT, "os", 4, 0.2, seed=1)
    assert make_folds(COHORT, "os", 4, 0.2, seed=1) != make_folds(COHORT, "os", 4, 0.2, seed=2)


def test_the_order_of_the_manifest_is_kept_within_each_part() -> None:
    order = {case_id: i for i, case_id in enumerate(COHORT.ids)}
    for fold in make_folds(COHORT, "os", 4, 0.2, seed=3):
        for part in (fold.train, fold.validate, fold.test):
            assert list(part) == sorted(part, key=order.__getitem__)


def test_fewer_events_than_folds_is_an_error_with_the_numbers() -> None:
    cohort = _cohort({("a", True): 4, ("a", False): 30})
    with pytest.raises(MedmtlError, match="Found 4 events for 5 folds"):
        make_folds(cohort, "os", 5, 0.2, seed=0)


def test_an_endpoint_that_nobody_has_is_an_error() -> None:
    with pytest.raises(MedmtlError, match="Found 0 events"):
        make_folds(COHORT, "pfs", 3, 0.2, seed=0)


def test_an_event_too_few_for_one_of_the_parts_is_an_error() -> None:
    cohort = _cohort({("a", True): 2, ("a", False): 30})
    with pytest.raises(MedmtlError, match="train, validate and test"):
        make_folds(cohort, "os", 2, 0.2, seed=0)


def test_few_events_still_reach_every_part() -> None:
    cohort = _cohort({("a", True): 4, ("a", False): 40})
    with_event = {case.case_id for case in cohort.cases if case.endpoints["os"].event}
    for seed in range(20):
        for fold in make_folds(cohort, "os", 2, 0.1, seed):
            assert len(with_event & set(fold.validate)) == 1
            assert len(with_event & set(fold.train)) == 1


@pytest.mark.parametrize(("k", "fraction"), [(1, 0.2), (3, -0.1), (3, 0.6)])
def test_a_request_without_sense_is_refused(k: int, fraction: float) -> None:
    with pytest.raises(MedmtlError):
        make_folds(COHORT, "os", k, fraction, seed=0)


def test_without_a_validate_part_all_that_is_not_tested_trains() -> None:
    for fold in make_folds(COHORT, "os", 4, 0.0, seed=0):
        assert fold.validate == ()
        assert set(fold.train) == set(COHORT.ids) - set(fold.test)


def _of_centres(*centres):
    cases = (
        Case(f"case-{i:02d}", centre, Path("ct"), Path("pet"), None, {"pfs": Endpoint(10.0 + i, i % 2 == 0)})
        for i, centre in enumerate(centres)
    )
    return Cohort(tuple(cases))


def test_by_centre_each_centre_is_tested_by_a_model_that_saw_none_of_it():
    folds = make_centre_folds(_of_centres(*"bbbbaaaaacccccc"), "pfs", 0.2, 0)
    assert [len(fold.test) for fold in folds] == [5, 4, 6]
    assert all(len({*fold.train, *fold.validate, *fold.test}) == 15 for fold in folds)
    assert all(fold.validate for fold in folds)


def test_one_centre_cannot_be_left_out():
    with pytest.raises(MedmtlError, match=r"at least 2 folds \(by centre: 2 centres\)\. Found 1"):
        make_centre_folds(_of_centres(*"aaaa"), "pfs", 0.0, 0)


def test_events_in_one_centre_alone_cannot_be_divided_by_centre():
    cohort = _of_centres(*"aaaa")
    quiet = (replace(case, case_id=f"quiet-{i}", centre="b", endpoints={"pfs": Endpoint(9.0, event=False)})
             for i, case in enumerate(cohort.cases))  # fmt: skip
    with pytest.raises(MedmtlError, match=r"Without a, .* must each hold an event of pfs\. Found 0"):
        make_centre_folds(Cohort((*cohort.cases, *quiet)), "pfs", 0.0, 0)


def _masked(cells: dict[tuple[str, bool], int]) -> Cohort:
    made = [(centre, mask) for (centre, mask), count in cells.items() for _ in range(count)]
    return Cohort(
        tuple(
            Case(f"case{i}", c, Path("ct"), Path("pet"), Path("mask") if m else None) for i, (c, m) in enumerate(made)
        )
    )


MASKED = _masked({("a", True): 11, ("b", True): 6, ("a", False): 3, ("b", False): 2, ("c", False): 1})


def _masks(part: tuple[str, ...]) -> int:
    return sum(case.mask is not None for case in MASKED.select(part).cases)


def test_without_an_endpoint_known_masks_and_centres_are_spread_evenly() -> None:
    for seed in range(5):
        folds = make_folds(MASKED, None, 4, 0.2, seed)
        assert sorted(case_id for fold in folds for case_id in fold.test) == sorted(MASKED.ids)
        assert {_masks(fold.test) for fold in folds} == {4, 5}
        with_masks = [Counter(c.centre for c in MASKED.select(fold.test).cases if c.mask) for fold in folds]
        assert {count["a"] for count in with_masks} == {2, 3}
        assert all(_masks(fold.train) and _masks(fold.validate) for fold in folds)


def test_without_an_endpoint_outcomes_change_nothing() -> None:
    observed = replace(MASKED, cases=tuple(replace(c, endpoints={"os": Endpoint(1.0, True)}) for c in MASKED.cases))
    assert make_folds(MASKED, None, 4, 0.2, seed=1) == make_folds(observed, None, 4, 0.2, seed=1)


def test_without_an_endpoint_every_part_must_hold_a_mask() -> None:
    few = _masked({("a", True): 2, ("b", False): 9})
    with pytest.raises(MedmtlError, match=r"a reference mask\. Found 2 masks for 3 folds"):
        make_folds(few, None, 3, 0.0, seed=0)
    with pytest.raises(MedmtlError, match=r"Without a, .* a reference mask\. Found 0 in the other centres"):
        make_centre_folds(few, None, 0.0, seed=0)
    assert len(make_centre_folds(MASKED, None, 0.2, seed=0)) == 3
