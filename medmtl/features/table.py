"""The table of features, one row per case, as CSV and Parquet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medmtl.errors import MedmtlError
from medmtl.features.base import CaseFeatures
from medmtl.whole_file import whole_file

_TYPES = {"case_id": "str", "fold": "Int64", "checkpoint": "str", "status": "str"}


def feature_table(
    features: Mapping[str, CaseFeatures], folds: Mapping[str, int], checkpoints: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return `fold`, `status` and every feature, one row per case in the order given, indexed by `case_id`.

    `folds` names the model whose mask was measured; a case it does not hold, one predicted by all, has no fold (NA).
    With `checkpoints`, the SHA-256 of that model's file, there is a column `checkpoint` after the fold.
    """
    index = pd.Index(features, name="case_id", dtype=str)
    head = pd.DataFrame(
        {
            "fold": pd.array([folds.get(case_id) for case_id in features], dtype="Int64"),
            "status": [case.status.value for case in features.values()],
        },
        index=index,
    )
    if checkpoints is not None:
        head.insert(1, "checkpoint", [checkpoints.get(case_id) for case_id in features])
    values = pd.DataFrame([dict(case.values) for case in features.values()], index=index, dtype=float)
    return pd.concat([head, values], axis=1)


def write_features(table: pd.DataFrame, folder: Path, provenance: Mapping[str, Any] | None = None) -> None:
    """Write `features.csv` and `features.parquet`, each either whole or absent; the latter carries the provenance."""
    with whole_file(folder / "features.csv") as partial:
        table.to_csv(partial)
    with whole_file(folder / "features.parquet") as partial:
        with_provenance(table, provenance or {}).to_parquet(partial)


def with_provenance(table: pd.DataFrame, provenance: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table with `attrs` of plain values, which Parquet stores and `pandas.read_parquet` gives back."""
    told = table.copy(deep=False)
    told.attrs.update(provenance)
    return told


def read_features(path: Path) -> pd.DataFrame:
    """Read a table that `write_features` wrote, from either file. Raises MedmtlError where there is none."""
    if not path.is_file():
        raise MedmtlError(f"{path}: the table of features does not exist. Run `medmtl extract` first.")
    if path.suffix == ".parquet":
        stored: pd.DataFrame = pd.read_parquet(path)
        return stored
    table = pd.read_csv(path, dtype=_TYPES, float_precision="round_trip")
    return table.set_index("case_id")
