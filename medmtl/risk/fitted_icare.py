"""A fitted bagged ICARE: its voters, and the hazard of their median vote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.base import Contributions, Effect, FittedRisk
from medmtl.risk.blocks import FittedBlock, in_units, read_block
from medmtl.risk.hazard import Hazard
from medmtl.risk.rows import RiskRows, join_blocks

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Voters:
    """Signs (0 for a column not used), means and standard deviations, each [estimators, p]."""

    sign: Floats
    mean: Floats
    sd: Floats

    def votes(self, values: Floats) -> Floats:
        """Return each estimator's mean of signed, standardised columns [n, estimators]; gaps are left out, 0 if all."""
        return np.stack([self._vote(values, k).mean(axis=1) for k in range(len(self.sign))], axis=1)

    def shares(self, values: Floats) -> Floats:
        """Return the mean over the estimators of what each column adds to the vote [n, p]."""
        total = np.zeros(values.shape)
        for k in range(len(self.sign)):
            used = np.flatnonzero(self.sign[k])
            total[:, used] += self._vote(values, k) / max(len(used), 1)
        return total / len(self.sign)

    def unused(self, names: Sequence[str]) -> list[str]:
        """Return the columns that no estimator uses."""
        return [name for name, used in zip(names, (self.sign != 0).any(axis=0), strict=True) if not used]

    def _vote(self, values: Floats, k: int) -> Floats:
        """Return the signed, standardised columns in use, scaled so that their mean is the mean of the known."""
        used = np.flatnonzero(self.sign[k])
        if not used.size:
            return np.zeros((len(values), 1))
        z = self.sign[k, used] * (values[:, used] - self.mean[k, used]) / self.sd[k, used]
        known = np.isfinite(z)
        weight = used.size / np.maximum(known.sum(axis=1, keepdims=True), 1)
        scaled: Floats = np.where(known, z, 0.0) * weight
        return scaled


@dataclass(frozen=True, slots=True, eq=False)
class FittedIcare(FittedRisk):
    """A fitted bagged ICARE; `centre` is the mean vote of its training cases, and `hazard` has the one column `vote`.

    The slope of that column is from votes out of bag: those of a case's own resamples know its outcome.
    """

    blocks: tuple[FittedBlock, ...]
    names: tuple[str, ...]
    voters: Voters
    centre: float
    hazard: Hazard
    cut: float
    n: int
    n_events: int
    dropped: Mapping[str, str]

    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean of the training cases."""
        return self._risk(self._values(rows))

    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the longest follow-up in training."""
        return self.hazard.survival(self.predict(rows), times_days)

    def effects(self) -> tuple[Effect, ...]:
        """Return the mean log hazard per standard deviation of each column in use; errors are not known."""
        used = np.maximum((self.voters.sign != 0).sum(axis=1, keepdims=True), 1)
        mean = (self.voters.sign / used).mean(axis=0) * self.hazard.coefficients[0]
        return tuple(Effect(name, float(value), None) for name, value in zip(self.names, mean, strict=True) if value)

    def contributions(self, rows: RiskRows) -> Contributions:
        """Return the mean share of each column; `rest` is what the median over estimators adds to their mean."""
        raw = self._values(rows)
        values = self.voters.shares(raw) * self.hazard.coefficients[0]
        unknown = np.full(values.shape, np.nan)
        rest = self._risk(raw) - values.sum(axis=1)
        told, typical = (in_units(self.blocks, self.names, one) for one in (raw, self.voters.mean.mean(axis=0)))
        return Contributions(self.names, values, unknown, np.full(len(raw), np.nan), rest, told, typical)

    def sources(self) -> tuple[FittedBlock, ...]:
        """Return the blocks."""
        return self.blocks

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain JSON values."""
        return {
            "blocks": [block.to_dict() for block in self.blocks],
            "names": list(self.names),
            "voters": {name: getattr(self.voters, name).tolist() for name in ("sign", "mean", "sd")},
            "centre": self.centre,
            "hazard": self.hazard.to_dict(),
            "cut": self.cut,
            "n": self.n,
            "n_events": self.n_events,
            "dropped": dict(self.dropped),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "FittedIcare":
        """Return the model whose `to_dict` this is."""
        names = tuple(document["names"])
        shape = (-1, len(names)) if names else (len(document["voters"]["sign"]), 0)
        parts = (np.array(document["voters"][name], dtype=float).reshape(shape) for name in ("sign", "mean", "sd"))
        blocks = tuple(read_block(block) for block in document["blocks"])
        counts = (document["cut"], document["n"], document["n_events"], document["dropped"])
        return cls(blocks, names, Voters(*parts), document["centre"], Hazard.from_dict(document["hazard"]), *counts)

    def _values(self, rows: RiskRows) -> Floats:
        return join_blocks([block.columns(rows) for block in self.blocks], len(rows.cases)).values

    def _risk(self, values: Floats) -> Floats:
        vote = np.median(self.voters.votes(values), axis=1)
        return (vote - self.centre) * self.hazard.coefficients[0]
