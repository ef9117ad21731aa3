"""Keeps the cases that could not be worked on in `failures.csv`, by stage."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from medmtl.whole_file import whole_file

_COLUMNS = ["case_id", "stage", "reason"]


def note_failures(path: Path, stage: str, failures: Mapping[str, str]) -> None:
    """Replace the stage's rows by these failures (reason by case id); other stages' rows stay."""
    before = pd.read_csv(path, dtype=str) if path.is_file() else pd.DataFrame(columns=_COLUMNS)
    new = pd.DataFrame([(case_id, stage, reason) for case_id, reason in failures.items()], columns=_COLUMNS)
    table = pd.concat([before[before["stage"] != stage], new], ignore_index=True)
    with whole_file(path) as partial:
        table.to_csv(partial, index=False)
