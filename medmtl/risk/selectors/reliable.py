"""Keeps the features that agree when the training cases are measured again, slightly changed."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.features.reliability import reliability
from medmtl.features.stability import cube
from medmtl.risk.rows import Block
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.redundancy import informative

Floats = NDArray[np.float64]

_NEEDED = ("case_id", "part", "perturbation")


class Reliable(Selector):
    """The features whose ICC(1,1) over repeated measurements of the training cases is at least `min_icc`.

    Args:
        repeats: the repeats.parquet or repeats.csv of `medmtl extract --images --perturb`, with the run's case ids;
            without it those of the run itself, whose `radiomics.stability` says what is measured again.
        prefix: what the run's names have before those of the table, as `pet_`.
        part: the part of the mask that was measured; the first of the table where none is named.
        source: which changes count: of the contour, of the image, or all.
        min_icc: 0.9 is called good (Zwanenburg A et al., Sci Rep 9:614, 2019).

    A feature that the table does not hold stays; a case that it does not hold tells nothing.
    """

    def __init__(
        self,
        repeats: str | None = None,
        prefix: str = "",
        part: str | None = None,
        source: Literal["all", "contour", "image"] = "all",
        min_icc: float = 0.9,
    ) -> None:
        self._given = repeats
        self._prefix = prefix
        self._part = part
        self._source = source
        self._min_icc = min_icc

    def choose(self, block: Block, time_days: Floats, event: NDArray[np.bool_]) -> tuple[str, ...]:
        """Raise MedmtlError: which cases are for training must be known."""
        raise MedmtlError("Reliable must know which cases are for training: call `choose_for` with their ids.")

    def choose_for(
        self, cases: Sequence[str], block: Block, time_days: Floats, event: NDArray[np.bool_]
    ) -> tuple[str, ...]:
        """Return the features that agree, or are not known; raise MedmtlError where no case was repeated."""
        own = self._table[self._table["case_id"].isin(set(cases))]
        if own.empty:
            raise MedmtlError(
                f"{self._path}: a training case at least must be measured repeatedly. Found none of them."
            )
        measured = {name: name.removeprefix(self._prefix) for name in block.names if name.startswith(self._prefix)}
        told = {name: column for name, column in measured.items() if column in own.columns}
        values = cube(own, list(told.values()), self._source)
        icc = {name: reliability(values[:, :, k]).absolute.estimate for k, name in enumerate(told)}
        return tuple(name for name in informative(block) if name not in icc or icc[name] >= self._min_icc)

    @property
    def _path(self) -> Path:
        if self._given is None:
            raise MedmtlError("Reliable: `repeats` must name a table of repeated measurements outside of a run.")
        return Path(self._given)

    @cached_property
    def _table(self) -> pd.DataFrame:
        if not self._path.is_file():
            raise MedmtlError(f"{self._path}: the table of repeated measurements does not exist. Correct `repeats`.")
        read = pd.read_parquet if self._path.suffix == ".parquet" else pd.read_csv
        table: pd.DataFrame = read(self._path)
        missing = [name for name in _NEEDED if name not in table]
        if missing:
            raise MedmtlError(f"{self._path}: a table of repeated measurements must have {', '.join(missing)}.")
        table = table.assign(case_id=table["case_id"].astype(str))
        parts = table["part"].drop_duplicates().tolist()
        part = self._part if self._part is not None else parts[0] if parts else None
        if part not in parts:
            raise MedmtlError(f"{self._path}: `part` must be one of {', '.join(parts)}. Found {part}.")
        return table[table["part"] == part]
