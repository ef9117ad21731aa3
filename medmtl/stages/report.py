"""Writes the page of a run."""

from medmtl.report.page import write_report
from medmtl.stages.provenance import file_hash
from medmtl.stages.run import Run
from medmtl.stages.stamps import outputs_of, perform

_PAGE = "1"  # raised when the same results would give another page


def report_run(run: Run) -> str:
    """Write `report.html`; return its hash."""
    failures = file_hash(run.folder.failures) if run.folder.failures.is_file() else ""
    inputs = (outputs_of(run.folder, "evaluate") or "", failures, run.experiment.name, _PAGE)
    return perform(run.folder, "report", inputs, lambda: [write_report(run.folder.root, run.cohort)])
