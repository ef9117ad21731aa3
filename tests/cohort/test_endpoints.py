from collections.abc import Sequence

import pandas as pd
import pytest

from medmtl.cohort.endpoints import endpoint_findings, fold_findings
from medmtl.cohort.folds import make_folds
from medmtl.findings import Level
from medmtl.records import Case, Cohort, Endpoint


def _codes(days: Sequence[object], events: Sequence[object]) -> list[str]:
    cells = {"os_days": [str(d) for d in days], "os_event": [str(e) for e in events]}
    table = pd.DataFrame({"case_id": [f"c{i}" for i in range(len(days))], **cells}, dtype=object)
    return [finding.code for finding in endpoint_findings(table, "os")]


USUAL = [300, 640, 812, 45, 1290, 77]


def test_usual_times_and_events_are_not_remarked_on() -> None:
    assert _codes(USUAL, [1, 0, 1, 0, 0, 1]) == []


@pytest.mark.parametrize(
    ("days", "events", "code"),
    [
        ([0, *USUAL], [1, 0, 1, 0, 1, 0, 0], "time-zero"),
        ([1.2, 3.4, 5.0, 0.7, 9.1], [1, 0, 1, 0, 1], "time-unit"),
        ([12, 48, 60.5, 7, 110], [1, 0, 1, 0, 1], "time-unit"),
        ([365] * 6, [1, 0, 1, 0, 1, 0], "time-constant"),
        (USUAL, [0] * 6, "no-events"),
        (USUAL, [1] * 6, "no-censoring"),
        ([999] * 5 + USUAL, [1] * 5 + [0, 1, 0, 0, 0, 0], "events-at-one-time"),
    ],
)
def test_an_odd_endpoint_is_remarked_on(days: Sequence[object], events: Sequence[object], code: str) -> None:
    assert _codes(days, events) == [code]


@pytest.mark.parametrize(("longest", "unit"), [(29.9, "years"), (239.0, "months")])
def test_the_unit_that_times_look_like_is_named(longest: float, unit: str) -> None:
    table = pd.DataFrame({"os_days": ["3", "5", "9", "11", str(longest)], "os_event": list("10101")}, dtype=object)
    assert f"looks like {unit}" in endpoint_findings(table, "os")[0].message


def test_a_time_of_0_is_told_by_its_case_and_line() -> None:
    table = pd.DataFrame({"case_id": ["a", "b"], "os_days": ["5", "0"], "os_event": ["1", "1"]}, dtype=object)
    (finding,) = endpoint_findings(table, "os")
    assert (finding.case_id, finding.line, finding.level) == ("b", 3, Level.WARNING)


def test_what_is_no_number_is_left_to_the_rules() -> None:
    assert _codes(["soon", "-3", "nan"], ["1", "0", "2"]) == []


def test_an_endpoint_that_is_not_there_is_not_remarked_on() -> None:
    assert endpoint_findings(pd.DataFrame({"case_id": ["a"], "os_days": ["3"]}), "os") == []


def _cohort(tmp_path, events: int, n: int) -> Cohort:
    paths = {"ct": tmp_path / "ct", "pet": tmp_path / "pet"}
    observed = (Endpoint(100.0 + i, event=i < events) for i in range(n))
    return Cohort(tuple(Case(f"c{i}", "x", **paths, endpoints={"os": one}) for i, one in enumerate(observed)))


@pytest.mark.parametrize(
    ("events", "level", "told"),
    [
        (7, Level.WARNING, "Found 4, 3 events of os in the test parts of 2 folds"),
        (10, Level.NOTE, "5, 5 events of os in the test parts of 2 folds"),
    ],
)
def test_events_are_counted_in_the_test_parts_of_the_planned_folds(tmp_path, events, level, told) -> None:
    cohort = _cohort(tmp_path, events, 20)
    (finding,) = fold_findings(cohort, make_folds(cohort, "os", 2, 0.0, seed=0), "os")
    assert finding.level is level
    assert told in finding.message
