"""What the report of a run says of the features themselves: which keep still, and whether they tell the centre."""

from pathlib import Path

import pandas as pd

from medmtl.report.centres import centres_sheet
from medmtl.report.contents import Contents
from medmtl.report.drawing import Panel
from medmtl.report.model_checks import Sheet
from medmtl.report.stability import stability_panels


def feature_panels(contents: Contents) -> list[Panel]:
    """Return the figure of the run's repeated measurements; none where nothing was measured twice."""
    found = _read(contents.folder / "stability" / "stability.csv")
    return [] if found.empty else stability_panels(found)


def feature_sheets(contents: Contents) -> list[Sheet]:
    """Return the table of the centres; none where the cohort has one alone."""
    found = _read(contents.folder / "centres.csv")
    return [] if found.empty else [centres_sheet(found)]


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.is_file() else pd.DataFrame()
