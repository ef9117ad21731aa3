"""A fitted model brought to the level, and if asked to the spread, of another cohort; its order of cases stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.risk.base import Contributions, Effect, FittedRisk
from medmtl.risk.blocks import FittedBlock
from medmtl.risk.hazard import breslow
from medmtl.risk.ridge import fit_ridge
from medmtl.risk.rows import RiskRows
from medmtl.risk.stored import class_path, stored_class

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Recalibrated(FittedRisk):
    """Risk is `slope` times that of `model`, less `centre`, its mean in the cohort of the recalibration.

    `times_days` and `cumulative` are the baseline of that cohort, which `n` and `n_events` count.
    """

    model: FittedRisk
    slope: float
    centre: float
    times_days: tuple[float, ...]
    cumulative: tuple[float, ...]
    cut: float
    n: int
    n_events: int
    dropped: Mapping[str, str]

    def predict(self, rows: RiskRows) -> Floats:
        """Return the log relative hazard [n]; larger is worse, 0 is the mean case of the recalibration."""
        return self.slope * self.model.predict(rows) - self.centre

    def survival(self, rows: RiskRows, times_days: Sequence[float]) -> Floats:
        """Return the survival probability [n, times]; NaN beyond the follow-up of the recalibration's cohort."""
        position = np.searchsorted(self.times_days, times_days, side="right")
        baseline = np.concatenate([[0.0], self.cumulative])[position]
        baseline = np.where(np.asarray(times_days) <= self.times_days[-1], baseline, np.nan)
        survival: Floats = np.exp(-np.exp(self.predict(rows))[:, None] * baseline[None, :])
        return survival

    def effects(self) -> tuple[Effect, ...]:
        """Return the effects of the model, times the slope."""
        found = self.model.effects()
        errors = [None if one.error is None else one.error * self.slope for one in found]
        return tuple(
            Effect(one.name, one.coefficient * self.slope, error) for one, error in zip(found, errors, strict=True)
        )

    def contributions(self, rows: RiskRows) -> Contributions:
        """Return the contributions of the model, times the slope; `rest` holds the difference of the two means."""
        told = self.model.contributions(rows)
        return replace(
            told,
            values=told.values * self.slope,
            errors=told.errors * self.slope,
            total_error=told.total_error * self.slope,
            rest=told.rest * self.slope - self.centre,
        )

    def sources(self) -> tuple[FittedBlock, ...]:
        """Return the model's blocks."""
        return self.model.sources()

    def to_dict(self) -> dict[str, Any]:
        """Return the model and its recalibration as plain JSON values."""
        return {
            "model": {"class_path": class_path(self.model), **self.model.to_dict()},
            "slope": self.slope,
            "centre": self.centre,
            "times_days": list(self.times_days),
            "cumulative": list(self.cumulative),
            "cut": self.cut,
            "n": self.n,
            "n_events": self.n_events,
            "dropped": dict(self.dropped),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Recalibrated":
        """Return the model whose `to_dict` this is."""
        stored = {name: value for name, value in document["model"].items() if name != "class_path"}
        model = stored_class(document["model"], FittedRisk).from_dict(stored)  # type: ignore[type-abstract]
        times, cumulative = (tuple(document[name]) for name in ("times_days", "cumulative"))
        counts = (document["cut"], document["n"], document["n_events"], document["dropped"])
        return cls(model, document["slope"], document["centre"], times, cumulative, *counts)


def recalibrate(model: FittedRisk, rows: RiskRows, with_slope: bool) -> Recalibrated:
    """Return the model with the baseline hazard of these rows (Breslow) and, with `with_slope`, their slope.

    The slope is that of a Cox regression on the model's log hazard, without a penalty. Raises MedmtlError without an
    event, and where the slope is not above 0: such a model does not hold here, and no recalibration mends it.
    """
    known = rows.take(rows.known)
    if not known.event.any():
        raise MedmtlError(f"A recalibration needs an event. Found {len(known.cases)} cases with an endpoint and none.")
    risk = model.predict(known)
    slope = _slope(risk, known) if with_slope else 1.0
    centre = slope * float(risk.mean())
    moved = slope * risk - centre
    times, cumulative = breslow(moved, known.time_days, known.event)
    return Recalibrated(
        model=model,
        slope=slope,
        centre=centre,
        times_days=tuple(times.tolist()),
        cumulative=tuple(cumulative.tolist()),
        cut=float(np.median(moved)),
        n=len(known.cases),
        n_events=int(known.event.sum()),
        dropped=model.dropped,
    )


def _slope(risk: Floats, rows: RiskRows) -> float:
    spread = float(risk.std())
    if spread <= 1e-9 * max(1.0, float(np.abs(risk).max())):
        raise MedmtlError("A recalibration of the slope needs risks that differ. Found one risk for all cases.")
    x = ((risk - risk.mean()) / spread)[:, None]
    slope = float(fit_ridge(x, rows.time_days, rows.event, 0.0)[0]) / spread
    if slope <= 0:
        raise MedmtlError(f"A recalibration needs risks that point the right way here. Found a slope of {slope:.2f}.")
    return slope
