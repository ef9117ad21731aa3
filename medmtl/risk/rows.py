"""The rows of the fused model: per case its fold, endpoint, deep risk, image features and clinical values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from medmtl.errors import CaseError, MedmtlError
from medmtl.features.base import CONVENTIONAL
from medmtl.records import Case, ClinicalColumn, Cohort, Fold

NO_FOLD = -1  # a case predicted by every model of the run, as new cases are
NO_FEATURES = ("fold", "checkpoint", "status")  # what a table of features holds besides them
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns by name; `values` is [n, len(names)], NaN where not known."""

    names: tuple[str, ...]
    values: Floats

    def pick(self, names: Sequence[str]) -> "Block":
        """Return these columns, in this order. Raises MedmtlError that names those that are not there."""
        absent = sorted(set(names) - set(self.names))
        if absent:
            more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
            raise MedmtlError(
                f"The features must hold every column that the model was fitted on. Not there: "
                f"{', '.join(absent[:5])}{more}. Measure the cases as those of the run were."
            )
        return Block(tuple(names), self.values[:, [self.names.index(name) for name in names]])

    def take(self, positions: ArrayLike) -> "Block":
        """Return these rows."""
        return Block(self.names, self.values[np.asarray(positions)])


def join_blocks(blocks: Sequence[Block], n: int) -> Block:
    """Return the columns of the blocks side by side, [n, 0] without any."""
    names = tuple(name for block in blocks for name in block.names)
    parts = [block.values for block in blocks]  # noqa: PD011  (no pandas)
    return Block(names, np.concatenate([np.zeros((n, 0)), *parts], axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class RiskRows:
    """One row per case. `time_days` is NaN where the endpoint is not known, and `deep` where the deep risk is not.

    `fold` is the number of the model that made the case's mask and deep risk, -1 for all of them, and `checkpoint` the
    SHA-256 of its file; empty where none was kept. `deep` is a log hazard, larger is worse, less its mean over that
    model's training cases.
    """

    cases: tuple[Case, ...]
    columns: tuple[ClinicalColumn, ...]
    fold: NDArray[np.int_]
    time_days: Floats
    event: NDArray[np.bool_]
    deep: Floats
    image: Block
    radiomics: Block
    checkpoint: tuple[str, ...] = ()

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have an endpoint, and so can be fitted."""
        return np.isfinite(self.time_days)

    def take(self, positions: ArrayLike) -> "RiskRows":
        """Return these rows, by position or by a mask of booleans."""
        chosen = np.arange(len(self.cases))[np.asarray(positions)]
        return RiskRows(
            cases=tuple(self.cases[position] for position in chosen),
            columns=self.columns,
            fold=self.fold[chosen],
            time_days=self.time_days[chosen],
            event=self.event[chosen],
            deep=self.deep[chosen],
            image=self.image.take(chosen),
            radiomics=self.radiomics.take(chosen),
            checkpoint=tuple(self.checkpoint[position] for position in chosen) if self.checkpoint else (),
        )


def build_rows(cohort: Cohort, endpoint: str | None, features: pd.DataFrame, predictions: pd.DataFrame) -> RiskRows:
    """Join cohort, features and predictions, both tables indexed by `case_id` and with a column `fold`.

    A case that either table lacks has no row. Raises CaseError where the mask and the deep risk are of two folds, or
    of two checkpoints where both tables have a column `checkpoint`.
    """
    cases = tuple(case for case in cohort.cases if case.case_id in features.index and case.case_id in predictions.index)
    ids = [case.case_id for case in cases]
    table, predicted = features.loc[ids], predictions.loc[ids]
    fold = _folds(table)
    for case_id, measured, made in zip(ids, fold, _folds(predicted), strict=True):
        if measured != made:
            raise CaseError(case_id, f"mask and deep risk must be of one fold. Found folds {measured} and {made}.")
    checkpoint = _checkpoints(table, predicted)
    observed = [case.observed(endpoint) for case in cases]
    radiomics = tuple(name for name in table.columns if name not in (*NO_FEATURES, *CONVENTIONAL))
    return RiskRows(
        cases=cases,
        columns=cohort.columns,
        fold=fold,
        time_days=np.array([one.time_days if one else np.nan for one in observed], dtype=float),
        event=np.array([one is not None and one.event for one in observed], dtype=bool),
        deep=predicted["deep_log_hazard"].to_numpy(dtype=float),
        image=Block(CONVENTIONAL, table[list(CONVENTIONAL)].to_numpy(dtype=float)),
        radiomics=Block(radiomics, table[list(radiomics)].to_numpy(dtype=float)),
        checkpoint=checkpoint,
    )


def check_out_of_fold(rows: RiskRows, folds: Sequence[Fold]) -> None:
    """Raise CaseError for a row whose deep risk and mask come from a model that may have seen the case."""
    tests = {fold.index: set(fold.test) for fold in folds}
    for case, fold in zip(rows.cases, rows.fold, strict=True):
        if case.case_id not in tests.get(int(fold), set()):
            raise CaseError(
                case.case_id,
                f"its deep risk must come from the model that never saw it. Found the model of fold {fold}, "
                "which does not hold this case as a test case. Predict out of fold, with `medmtl predict`.",
            )


def _checkpoints(table: pd.DataFrame, predicted: pd.DataFrame) -> tuple[str, ...]:
    """Return the checkpoint of each prediction; the mask that was measured must be of the same."""
    if "checkpoint" not in predicted:
        return ()
    made = tuple(predicted["checkpoint"].astype(str))
    measured = tuple(table["checkpoint"].astype(str)) if "checkpoint" in table else made
    for case_id, one, other in zip(table.index, measured, made, strict=True):
        if one != other:
            raise CaseError(
                str(case_id),
                f"mask and deep risk must be of one checkpoint. Found {one[:12]} and {other[:12]}: the cases were "
                "predicted again since they were measured. Run `medmtl extract` again.",
            )
    return made


def _folds(table: pd.DataFrame) -> NDArray[np.int_]:
    return pd.to_numeric(table["fold"]).fillna(NO_FOLD).to_numpy(dtype=int)
