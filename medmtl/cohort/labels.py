"""What tasks may learn beside masks and outcomes: the clinical columns that are not predicted from, and the centre."""

from collections.abc import Mapping, Sequence

from medmtl.records import Case, Cohort, Endpoint, Scale

CENTRE = "centre"
Levels = Mapping[str, tuple[str, ...]]  # of every label, in order; () where it is a number


def levels_of(cohort: Cohort) -> dict[str, tuple[str, ...]]:
    """Return the levels of every label: those of the schema, or else those that occur in these cases, sorted."""
    found = {CENTRE: tuple(sorted({case.centre for case in cohort.cases}))}
    for column in cohort.carried:
        seen = sorted({str(value) for case in cohort.cases if (value := case.clinical.get(column.name)) is not None})
        found[column.name] = () if column.scale is Scale.NUMERIC else column.levels or tuple(seen)
    return found


def label_values(case: Case, levels: Levels) -> dict[str, float]:
    """Return the labels of a case that are known: the place of its level, or the number."""
    values = {name: case.centre if name == CENTRE else case.clinical.get(name) for name in levels}
    return {
        name: float(value) if not levels[name] else float(levels[name].index(str(value)))
        for name, value in values.items()
        if value is not None and (not levels[name] or str(value) in levels[name])
    }


def known_labels(cases: Sequence[Case], levels: Levels) -> dict[str, dict[str, float]]:
    """Return the known values by label, then by case id."""
    found = {case.case_id: label_values(case, levels) for case in cases}
    return {name: {case_id: of[name] for case_id, of in found.items() if name in of} for name in levels}


def known_endpoints(cases: Sequence[Case]) -> dict[str, dict[str, Endpoint]]:
    """Return the known outcomes by endpoint, then by case id."""
    names = sorted({name for case in cases for name in case.endpoints})
    return {name: {case.case_id: case.endpoints[name] for case in cases if name in case.endpoints} for name in names}
