"""Makes columns fit for a ridge penalty: logarithm, median for the missing with a flag, unit variance."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.rows import Block

MISSING = "_missing"
SKEWED = 1.0  # a lognormal of sigma 0.3 has about this skewness; below it a logarithm changes little
FLAT = 1e-9  # standard deviation over size at which a column is constant but for rounding
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaler:
    """The fitted constants, made by `fit_scaler`.

    Columns are first the inputs, then one flag for each input in `flagged`; `mean`, `sd` and `kept` speak of both.
    """

    inputs: tuple[str, ...]
    logged: tuple[bool, ...]
    median: tuple[float, ...]
    flagged: tuple[int, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    kept: tuple[bool, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of `transform`, in order."""
        columns = (*self.inputs, *(self.inputs[position] + MISSING for position in self.flagged))
        return tuple(name for name, kept in zip(columns, self.kept, strict=True) if kept)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The inputs that are constant or missing in all training cases."""
        return tuple(name for name, kept in zip(self.inputs, self.kept, strict=False) if not kept)

    def transform(self, block: Block) -> Floats:
        """Return the columns [n, len(names)] of a block that has the inputs; never NaN."""
        values = log_columns(block.pick(self.inputs).values, np.array(self.logged, dtype=bool))
        columns = _expand(values, np.array(self.median), list(self.flagged))
        scaled: Floats = (columns - np.array(self.mean)) / np.array(self.sd)
        return scaled[:, np.array(self.kept, dtype=bool)]

    def keep(self, names: Sequence[str]) -> "Scaler":
        """Return the same scaler for these of its columns alone, in the order it has them."""
        columns = (*self.inputs, *(self.inputs[position] + MISSING for position in self.flagged))
        kept = (old and name in set(names) for name, old in zip(columns, self.kept, strict=True))
        return replace(self, kept=tuple(kept))

    def as_measured(self, block: Block) -> tuple[Floats, Floats]:
        """Return the columns of `names` before filling and scaling [n, p], NaN where missing, and their means [p]."""
        values = log_columns(block.pick(self.inputs).values, np.array(self.logged, dtype=bool))
        flags = (~np.isfinite(values))[:, list(self.flagged)].astype(float)
        kept = np.array(self.kept, dtype=bool)
        return np.concatenate([values, flags], axis=1)[:, kept], np.array(self.mean)[kept]

    def to_dict(self) -> dict[str, Any]:
        """Return the constants as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Scaler":
        """Return the scaler whose `to_dict` this is."""
        return cls(**{name: tuple(values) for name, values in document.items()})


def fit_scaler(block: Block, take_log: bool) -> Scaler:
    """Learn the constants from training rows.

    With `take_log`, a column of no negative value and of skewness above 1 becomes log(1 + x), later negatives as 0.
    A column that is constant, or missing throughout, is dropped. Inputs missing in the same rows share one flag.
    """
    logged = skewed_columns(block.values) if take_log else np.zeros(len(block.names), dtype=bool)
    values = log_columns(block.values, logged)
    median = np.array([_median(column) for column in values.T])
    flagged = _distinct_gaps(np.isnan(block.values))
    columns = _expand(values, median, flagged)
    mean = columns.mean(axis=0)
    sd = columns.std(axis=0, ddof=1) if len(columns) > 1 else np.zeros(columns.shape[1])
    kept = sd > FLAT * np.maximum(np.abs(mean), 1.0)
    return Scaler(
        inputs=block.names,
        logged=tuple(logged.tolist()),
        median=tuple(median.tolist()),
        flagged=tuple(flagged),
        mean=tuple(mean.tolist()),
        sd=tuple(np.where(kept, sd, 1.0).tolist()),
        kept=tuple(kept.tolist()),
    )


def skewed_columns(values: Floats) -> NDArray[np.bool_]:
    """Say of each column [n, p] whether it holds no negative value and has a skewness above 1."""
    known = np.isfinite(values)
    n = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, values, 0.0)
    deviation = np.where(known, filled - filled.sum(axis=0) / n, 0.0)
    second, third = (deviation**2).sum(axis=0) / n, (deviation**3).sum(axis=0) / n
    highest, lowest = np.where(known, values, -np.inf).max(axis=0), np.where(known, values, np.inf).min(axis=0)
    largest = np.abs(filled).max(axis=0)
    varies = (known.sum(axis=0) > 2) & (highest - lowest > FLAT * np.maximum(1.0, largest))
    found: NDArray[np.bool_] = varies & (lowest >= 0) & (third > SKEWED * np.where(varies, second, 0.0) ** 1.5)
    return found


def log_columns(values: Floats, logged: NDArray[np.bool_]) -> Floats:
    """Return the columns [n, p] with log(1 + x) of those in `logged` [p], negatives as 0; NaN stays."""
    return np.where(logged, np.log1p(np.maximum(values, 0.0)), values)


def _median(column: Floats) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if known.size else 0.0


def _distinct_gaps(missing: NDArray[np.bool_]) -> list[int]:
    """Return the first column of each pattern of missing rows, but for none missing and all missing."""
    some = missing.any(axis=0) & ~missing.all(axis=0)
    patterns = {missing[:, position].tobytes(): position for position in reversed(np.flatnonzero(some).tolist())}
    return sorted(patterns.values())


def _expand(values: Floats, median: Floats, flagged: list[int]) -> Floats:
    missing = ~np.isfinite(values)
    return np.concatenate([np.where(missing, median, values), missing[:, flagged].astype(float)], axis=1)
