"""Writes what repeated measurements say of the features: a table and a page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from medmtl.features.stability import stability_table
from medmtl.report.stability import stability_page
from medmtl.whole_file import whole_file

TABLE, PAGE = "stability.csv", "stability.html"


def write_stability(repeats: pd.DataFrame, features: Sequence[str], folder: Path) -> pd.DataFrame:
    """Write stability.csv (`features.stability.stability_table`) and stability.html; return the table."""
    table = stability_table(repeats, features)
    with whole_file(folder / TABLE) as partial:
        table.to_csv(partial, index=False)
    with whole_file(folder / PAGE) as partial:
        partial.write_text(stability_page(table), "utf-8")
    return table
