"""Writes what repeated measurements say of the features: a table and a page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from medmtl.features.image_row import ExtractionPlan
from medmtl.features.measure_row import feature_columns
from medmtl.features.stability import stability_table
from medmtl.report.stability import stability_page
from medmtl.stages.extract_alone import REPEATS
from medmtl.whole_file import whole_file

TABLE, PAGE = "stability.csv", "stability.html"


def write_stability(plan: ExtractionPlan, folder: Path) -> pd.DataFrame:
    """Write stability.csv (`features.stability.stability_table`) and stability.html; return the table.

    The folder holds the repeated measurements of `extract_images`. Apart from it, since what draws a page takes longer
    to load than many a cohort to measure.
    """
    return write_table_and_page(pd.read_parquet(folder / f"{REPEATS}.parquet"), feature_columns(plan), folder)


def write_table_and_page(repeats: pd.DataFrame, features: Sequence[str], folder: Path) -> pd.DataFrame:
    """Write the same of any repeated measurements of these features."""
    table = stability_table(repeats, features)
    with whole_file(folder / TABLE) as partial:
        table.to_csv(partial, index=False)
    with whole_file(folder / PAGE) as partial:
        partial.write_text(stability_page(table), "utf-8")
    return table
