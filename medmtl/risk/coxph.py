"""The ridge Cox model: blocks of columns, one scaler, one proportional hazard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from medmtl.errors import MedmtlError
from medmtl.risk.base import FittedRisk, RiskModel
from medmtl.risk.blocks import FittedBlock, read_block
from medmtl.risk.entry import enter_blocks
from medmtl.risk.hazard import Hazard, fit_hazard
from medmtl.risk.ridge import choose_penalizer, inner_folds
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.scaling import Scaler, fit_scaler
from medmtl.risk.settings import BlockName, RiskSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedCox(FittedRisk):
    """A fitted ridge Cox model; `cut` is the median risk of its training cases, `dropped` says what stayed out."""

    blocks: tuple[FittedBlock, ...]
    scaler: Scaler
    hazard: Hazard
    cut: float
    n: int
    n_events: int
    dropped: Mapping[str, str]

    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean of the training cases."""
        columns = _joined([block.columns(rows) for block in self.blocks], len(rows.cases))
        return self.hazard.log_risk(self.scaler.transform(columns))

    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the longest follow-up in training."""
        return self.hazard.survival(self.predict(rows), times_days)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain JSON values."""
        return {
            "blocks": [block.to_dict() for block in self.blocks],
            "scaler": self.scaler.to_dict(),
            "hazard": self.hazard.to_dict(),
            "cut": self.cut,
            "n": self.n,
            "n_events": self.n_events,
            "dropped": dict(self.dropped),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "FittedCox":
        """Return the model whose `to_dict` this is."""
        blocks = tuple(read_block(block) for block in document["blocks"])
        scaler, hazard = Scaler.from_dict(document["scaler"]), Hazard.from_dict(document["hazard"])
        counts = (document["cut"], document["n"], document["n_events"], document["dropped"])
        return cls(blocks, scaler, hazard, *counts)


@dataclass(frozen=True, slots=True)
class RidgeCox(RiskModel):
    """A ridge Cox model on these blocks, to be fitted."""

    blocks: tuple[BlockName, ...]
    settings: RiskSettings

    def fit(self, rows: RiskRows) -> FittedCox:
        """Learn everything from these rows; those without an endpoint are left out.

        Raises MedmtlError where no event is among them.
        """
        known = rows.take(rows.known)
        if not known.event.any():
            raise MedmtlError(f"A risk model needs at least one event among its training cases. Found {_count(known)}.")
        with threadpool_limits(1):  # matrices are small: more threads cost up to six times the time, and the last digit
            return self._fit_known(known)

    def _fit_known(self, known: RiskRows) -> FittedCox:
        entries, dropped = enter_blocks(self.blocks, known, self.settings)
        columns = _joined([entry.columns for entry in entries], len(known.cases))
        scaler = fit_scaler(columns, take_log=False)
        x = scaler.transform(columns)
        hazard = fit_hazard(x, scaler.names, known.time_days, known.event, self._penalizers(x, known))
        return FittedCox(
            blocks=tuple(entry.block for entry in entries),
            scaler=scaler,
            hazard=hazard,
            cut=float(np.median(hazard.log_risk(x))),
            n=len(known.cases),
            n_events=int(known.event.sum()),
            dropped=dropped | dict.fromkeys(scaler.dropped, "constant or missing in all training cases"),
        )

    def _penalizers(self, x: Floats, rows: RiskRows) -> list[float]:
        """Return the penalty that predicts best, and all larger ones in case it does not converge."""
        settings = self.settings
        inner = inner_folds(rows.event, settings.inner_folds, settings.seed)
        best = choose_penalizer(x, rows.time_days, rows.event, settings.penalizers, inner)
        return [penalizer for penalizer in settings.penalizers if penalizer >= best]


def _joined(blocks: Sequence[Block], n: int) -> Block:
    names = tuple(name for block in blocks for name in block.names)
    return Block(names, np.concatenate([np.zeros((n, 0)), *(block.values for block in blocks)], axis=1))


def _count(rows: RiskRows) -> str:
    return f"{len(rows.cases)} cases with an endpoint and no event"
