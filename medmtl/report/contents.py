"""Reads what a run folder holds, as tables; what is missing is an empty table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medmtl.errors import MedmtlError

_FEATURES = ["case_id", "fold", "status", "volume_ml", "suv_max", "suv_mean", "tlg"]  # of some hundred columns
_COEFFICIENTS = ["model", "fold", "feature", "coefficient", "hazard_ratio", "low", "high"]


@dataclass(frozen=True, slots=True)
class Contents:
    """The tables of one run, with the columns of docs/run_folder.md; `metrics` has the fold as a column of its own."""

    folder: Path
    name: str
    results: Mapping[str, Any]
    run: Mapping[str, Any]
    model: Mapping[str, Any]
    experiment: str
    folds: tuple[Mapping[str, Any], ...]
    metrics: pd.DataFrame
    cases: pd.DataFrame
    features: pd.DataFrame
    risks: pd.DataFrame
    coefficients: pd.DataFrame
    failures: pd.DataFrame

    @property
    def endpoint(self) -> str:
        """The endpoint in capitals; empty where the run learned masks alone."""
        found = self.results.get("endpoint", "endpoint")
        return "" if found is None else str(found).upper()

    def predicted_mask(self, case_id: str) -> Path:
        """Return where the predicted mask of a case lies, whether it exists or not."""
        return self.folder / "predictions" / "masks" / f"{case_id}.nii.gz"


def read_contents(folder: Path) -> Contents:
    """Read a run folder in which the evaluation is done.

    Raises MedmtlError without results.json, or where a file is not what its name says.
    """
    if not (folder / "results.json").is_file():
        raise MedmtlError(f"{folder}: a report needs results.json. Evaluate the run first: medmtl evaluate {folder}.")
    experiment = _text(folder / "experiment.yaml")
    return Contents(
        folder=folder,
        name=_name(experiment) or folder.resolve().name,
        results=_json(folder / "results.json"),
        run=_json(folder / "run.json"),
        model=_json(folder / "risk" / "model.json"),
        experiment=experiment,
        folds=tuple(_json(folder / "folds.json", [])),
        metrics=_metrics(folder),
        cases=_table(folder / "predictions" / "cases.csv", ["case_id", "fold", "deep_log_hazard", "volume_ml"]),
        features=_table(folder / "features.csv", _FEATURES),
        risks=_table(folder / "risk" / "risks.csv", ["case_id", "fold", "model", "risk", "group"]),
        coefficients=_table(folder / "risk" / "coefficients.csv", _COEFFICIENTS),
        failures=_table(folder / "failures.csv", ["case_id", "stage", "reason"]),
    )


def _metrics(folder: Path) -> pd.DataFrame:
    """Return one row per fold and epoch: the last known value of each metric."""
    tables = []
    for path in folder.glob("fold_*/metrics.csv"):
        table = _table(path, ["epoch"]).groupby("epoch", as_index=False).last()
        tables.append(table.assign(fold=int(path.parent.name.removeprefix("fold_"))))
    if not tables:
        return pd.DataFrame({"fold": [], "epoch": []})
    return pd.concat(tables, ignore_index=True).sort_values(["fold", "epoch"], ignore_index=True)


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Return the CSV, at least with these columns; of features.csv only these. Words stay as written: NA is a name."""
    if not path.is_file() or not path.stat().st_size:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    words = {"case_id": str, "reason": str, "feature": str, "fold": str, "group": str}
    wanted = (lambda name: name in columns) if columns is _FEATURES else None
    try:
        table = pd.read_csv(path, converters=words, usecols=wanted)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise MedmtlError(f"{path}: the table cannot be read ({error}).") from error
    return table.reindex(columns=[*table.columns, *(name for name in columns if name not in table)])


def _json(path: Path, absent: Any = None) -> Any:
    if not path.is_file():
        return {} if absent is None else absent
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise MedmtlError(f"{path}: the file must be JSON ({error}).") from error


def _name(experiment: str) -> str:
    """Return the name that the experiment gives itself; empty without one."""
    settings = yaml.safe_load(experiment)
    return str(settings.get("name") or "") if isinstance(settings, dict) else ""


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
