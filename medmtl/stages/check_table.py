"""Looks through a manifest's table, all at once: cells, paths, endpoints, what is missing, and the planned folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

import pandas as pd

from medmtl.cohort.completeness import completeness_findings
from medmtl.cohort.endpoints import endpoint_findings, fold_findings
from medmtl.cohort.files import CaseFiles, files_of_table, missing_ct, shared_files
from medmtl.cohort.manifest import SCHEMA, case_of_row, read_cells
from medmtl.cohort.rules import endpoint_names, find_faults, numbers
from medmtl.cohort.schema import read_schema
from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.findings import Finding, fault, note, warning
from medmtl.network import MultiTaskNetwork
from medmtl.records import ClinicalColumn, Cohort, Endpoint
from medmtl.stages.begin import check_folds, check_plan
from medmtl.stages.divide import divide

_MASKS_ALONE = (
    "the table has no endpoint, and no experiment was given: masks alone were looked at. Add the outcomes, or plan a "
    "run with --endpoint=null and no survival task, as configs/hecktor2020.yaml does."
)


@dataclass(frozen=True, slots=True, eq=False)
class CheckedTable:
    """The cells of a manifest, the endpoint that is planned, the files of every row, and what was found.

    `cohort` holds the rows that can be read, whatever the others are.
    """

    cells: pd.DataFrame
    columns: tuple[ClinicalColumn, ...]
    endpoint: str | None
    files: tuple[CaseFiles, ...]
    cohort: Cohort
    findings: tuple[Finding, ...]

    @property
    def endpoints(self) -> list[str]:
        """The endpoints of the table."""
        return endpoint_names(self.cells.columns, self.columns)

    @property
    def observed(self) -> list[Endpoint | None]:
        """What every row says of the planned endpoint, whatever is wrong with its other cells."""
        if self.endpoint is None:
            return [None] * len(self.cells)
        pair = [f"{self.endpoint}_days", f"{self.endpoint}_event"]
        days, event = (numbers(self.cells[name]) if name in self.cells else [nan] * len(self.cells) for name in pair)
        return [Endpoint(d, e == 1) if d >= 0 and e in (0, 1) else None for d, e in zip(days, event, strict=True)]


def check_table(manifest: Path, experiment: Experiment, planned: bool) -> CheckedTable:
    """Return what the table holds and what is wrong with it.

    Where nothing is `planned` and the table lacks the default endpoint, its first one is looked at, and where it has
    none, masks alone. Raises MedmtlError where the file is no table at all.
    """
    cells, folder = read_cells(manifest), manifest.parent
    columns, schema = _columns(folder / SCHEMA)
    endpoint, chosen = _endpoint(experiment.endpoint, endpoint_names(cells.columns, columns), planned)
    wrong = find_faults(cells, columns, folder, endpoint)
    files = files_of_table(cells, folder)
    cohort = _readable(cells, columns, folder, wrong)
    names = endpoint_names(cells.columns, columns)
    found = [
        *schema,
        *wrong,
        *missing_ct(cells),
        *shared_files(files),
        *_plan(cohort, experiment.model_copy(update={"endpoint": endpoint}), len(cells), planned or bool(endpoint)),
    ]
    found += [*completeness_findings(cells, columns, names if endpoint else []), *chosen]
    for name in names:
        found += endpoint_findings(cells, name)
    return CheckedTable(cells, columns, endpoint, files, cohort, tuple(found))


def _columns(schema: Path) -> tuple[tuple[ClinicalColumn, ...], list[Finding]]:
    """Return the clinical columns, or none and the fault of their file."""
    try:
        return read_schema(schema), []
    except MedmtlError as error:
        return (), [fault("schema", str(error).removeprefix(f"{schema}: "), file=schema)]


def _endpoint(wanted: str | None, known: Sequence[str], planned: bool) -> tuple[str | None, list[Finding]]:
    if planned or wanted in known:
        return wanted, []
    if not known:
        return None, [warning("no-endpoint", _MASKS_ALONE)]
    message = f"no experiment was given, so {known[0]} was looked at (of {', '.join(known)}); --config names another."
    return known[0], [note("endpoint-chosen", message)]


def _readable(cells: pd.DataFrame, columns: Sequence[ClinicalColumn], folder: Path, wrong: Sequence[Finding]) -> Cohort:
    """Return the rows without a fault; none where the fault is the table's."""
    if any(finding.line is None for finding in wrong):
        return Cohort((), tuple(columns))
    lines = {finding.line for finding in wrong}
    rows = [dict(zip(cells.columns, row, strict=True)) for row in cells.itertuples(index=False, name=None)]
    kept = [row for line, row in enumerate(rows, start=2) if line not in lines]
    return Cohort(tuple(case_of_row(row, columns, folder) for row in kept), tuple(columns))


def _plan(cohort: Cohort, experiment: Experiment, n: int, network: bool) -> list[Finding]:
    """Return what is wrong with the folds, and the network where one is meant, as far as there are cases to divide."""
    if not cohort.cases:
        return []
    found: list[Finding] = []
    learner: MultiTaskNetwork | None = None
    try:
        learner = check_plan(experiment, cohort) if network else None
    except MedmtlError as error:
        found.append(fault("plan", str(error)))
    left_out = n - len(cohort.cases)
    told = f" Counted without {left_out} of {n} rows, which have faults." if left_out else ""
    return found + [replace(finding, message=finding.message + told) for finding in _folds(cohort, experiment, learner)]


def _folds(cohort: Cohort, experiment: Experiment, network: MultiTaskNetwork | None) -> list[Finding]:
    try:
        folds = divide(experiment, cohort)
        if network is not None:
            check_folds(experiment, cohort, folds, network)
    except MedmtlError as error:
        return [fault("folds", str(error))]
    return fold_findings(cohort, folds, experiment.endpoint)
