"""Chains the stages of a run on one machine."""

import logging

from medmtl.stages.evaluate import evaluate_run
from medmtl.stages.extract import extract_run
from medmtl.stages.fit import fit_run
from medmtl.stages.predict import predict_run
from medmtl.stages.prepare import prepare_run
from medmtl.stages.report import report_run
from medmtl.stages.run import Run
from medmtl.stages.train import train_run

_LOG = logging.getLogger(__name__)


def run_all(run: Run) -> None:
    """Do every stage that is not done yet, in their order."""
    prepare_run(run)
    train_run(run)
    predict_run(run)
    extract_run(run)
    fit_run(run)
    evaluate_run(run)
    report_run(run)
    _LOG.info("The report is %s", run.folder.report)
