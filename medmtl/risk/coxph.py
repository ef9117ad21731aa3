"""A fitted Cox model: blocks of columns, one scaler, one proportional hazard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from medmtl.errors import CaseError, MedmtlError
from medmtl.risk.base import Contributions, Effect, FittedRisk
from medmtl.risk.blocks import FittedBlock, in_units, read_block
from medmtl.risk.entry import Entry, enter_blocks
from medmtl.risk.hazard import Hazard
from medmtl.risk.rows import NO_FOLD, RiskRows, join_blocks
from medmtl.risk.scaling import Scaler, fit_scaler
from medmtl.risk.settings import BlockName, RiskSettings

Floats = NDArray[np.float64]
Weigh = Callable[[Floats, Scaler, RiskRows], Hazard]


@dataclass(frozen=True, slots=True)
class FittedCox(FittedRisk):
    """A fitted Cox model; the hazard's columns are the scaler's, in their order."""

    blocks: tuple[FittedBlock, ...]
    scaler: Scaler
    hazard: Hazard
    cut: float
    n: int
    n_events: int
    dropped: Mapping[str, str]

    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean of the training cases."""
        return self.hazard.log_risk(self.scaled(rows))

    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the longest follow-up in training."""
        return self.hazard.survival(self.predict(rows), times_days)

    def effects(self) -> tuple[Effect, ...]:
        """Return the coefficient of each column."""
        hazard = self.hazard
        return tuple(map(Effect, hazard.names, hazard.coefficients, hazard.errors))

    def contributions(self, rows: RiskRows) -> Contributions:
        """Return coefficient times (column - mean) / sd; they add up to the risk."""
        x = self.scaled(rows)
        raw, typical = self.scaler.as_measured(self._columns(rows))
        return Contributions(
            names=self.hazard.names,
            values=x * np.array(self.hazard.coefficients),
            errors=np.abs(x) * np.array(self.hazard.errors),
            total_error=self.hazard.error_of(x),
            rest=np.zeros(len(x)),
            raw=in_units(self.blocks, self.hazard.names, raw),
            typical=in_units(self.blocks, self.hazard.names, typical),
        )

    def sources(self) -> tuple[FittedBlock, ...]:
        """Return the blocks."""
        return self.blocks

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

    def _columns(self, rows: RiskRows) -> Any:
        return join_blocks([block.columns(rows) for block in self.blocks], len(rows.cases))

    def scaled(self, rows: RiskRows) -> Floats:
        """Return the columns [n, p] as the hazard takes them: mean 0 and variance 1 on the training rows."""
        return self.scaler.transform(self._columns(rows))


def fit_cox(rows: RiskRows, blocks: Sequence[BlockName], settings: RiskSettings, weigh: Weigh) -> FittedCox:
    """Learn which blocks enter and their scales, and let `weigh` find the hazard of the scaled columns [n, p].

    Rows without an endpoint are left out. A column to which `weigh` gives no place in the hazard is dropped. Raises
    MedmtlError where no event is among the rows.
    """
    with threadpool_limits(1):  # matrices are small: more threads cost up to six times the time, and the last digit
        return _fit_known(known_rows(rows), blocks, settings, weigh)


def known_rows(rows: RiskRows) -> RiskRows:
    """Return the rows with an endpoint, to be fitted.

    Raises CaseError for a row that all networks made together, as for new cases: of a training case they would know
    the outcome. Raises MedmtlError where no event is among the rows.
    """
    known = rows.take(rows.known)
    for case in (case for case, fold in zip(known.cases, known.fold, strict=True) if fold == NO_FOLD):
        raise CaseError(
            case.case_id,
            "a row that is fitted must come from the one model that never saw the case. Found one made by all models "
            "together. Predict out of fold, with `medmtl predict RUN`.",
        )
    if not known.event.any():
        found = f"{len(known.cases)} cases with an endpoint and no event"
        raise MedmtlError(
            f"A risk model needs at least one event among its training cases. Found {found}. Choose an endpoint with "
            "more events, or a larger cohort."
        )
    return known


def scale_entries(entries: Sequence[Entry], n: int) -> tuple[Floats, Scaler]:
    """Return the columns [n, p] of what enters, each of mean 0 and variance 1 on these rows, and what made them so."""
    columns = join_blocks([entry.columns for entry in entries], n)
    scaler = fit_scaler(columns, take_log=False)
    return scaler.transform(columns), scaler


def _fit_known(known: RiskRows, blocks: Sequence[BlockName], settings: RiskSettings, weigh: Weigh) -> FittedCox:
    entries, dropped = enter_blocks(blocks, known, settings)
    x, scaler = scale_entries(entries, len(known.cases))
    flat = dict.fromkeys(scaler.dropped, "constant or missing in all training cases")
    hazard = weigh(x, scaler, known)
    chosen = [name in set(hazard.names) for name in scaler.names]
    return FittedCox(
        blocks=tuple(entry.block for entry in entries),
        scaler=scaler.keep(hazard.names),
        hazard=hazard,
        cut=float(np.median(hazard.log_risk(x[:, chosen]))),
        n=len(known.cases),
        n_events=int(known.event.sum()),
        dropped=dropped | flat,
    )
