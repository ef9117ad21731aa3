"""The nouns of files and numbers: what a case, a cohort, a grid and a fold are. Free of torch and of file formats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import CaseError, MedmtlError


class Scale(StrEnum):
    """What a clinical column measures."""

    NUMERIC = "numeric"
    ORDINAL = "ordinal"
    NOMINAL = "nominal"


@dataclass(frozen=True, slots=True)
class ClinicalColumn:
    """A clinical column; `levels` are its words, in ascending order when ordinal, empty when numeric.

    Without `predictor` it is carried along, and predicted from only where an experiment names it.
    """

    name: str
    scale: Scale
    levels: tuple[str, ...] = ()
    predictor: bool = True

    def __post_init__(self) -> None:
        if self.scale is Scale.ORDINAL and len(self.levels) < 2:
            raise MedmtlError(
                f"Clinical column {self.name}: an ordinal column must list its levels in ascending order."
            )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What was observed of one endpoint: time in days from the cohort's origin, and whether the event was seen."""

    time_days: float
    event: bool

    def __post_init__(self) -> None:
        if not (isfinite(self.time_days) and self.time_days >= 0):
            raise MedmtlError(f"A time must be a number of days, 0 or more. Found {self.time_days}.")


@dataclass(frozen=True, slots=True)
class Case:
    """One patient at one time point. What is not known is absent: no mask, no endpoint, a None in `clinical`.

    A case without a CT can be kept in a manifest, but not prepared. `endpoints` maps an endpoint's name (such as
    `pfs`) to what was observed; `clinical` maps a column's name to a number (numeric), a level (ordinal, nominal) or
    None (missing).
    """

    case_id: str
    centre: str
    ct: Path | None
    pet: Path
    mask: Path | None = None
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    clinical: Mapping[str, float | str | None] = field(default_factory=dict)

    def observed(self, endpoint: str | None) -> Endpoint | None:
        """Return what is known of the endpoint; None where nothing is, or where no endpoint is asked for."""
        return None if endpoint is None else self.endpoints.get(endpoint)

    @property
    def needed_ct(self) -> Path:
        """The CT, for what cannot be done without; raises CaseError where the case has none."""
        if self.ct is None:
            raise CaseError(
                self.case_id,
                "a case must have a CT to be used. Found PET alone; add its CT to the manifest, or take the row out.",
            )
        return self.ct


@dataclass(frozen=True, slots=True)
class Cohort:
    """An ordered set of cases with distinct ids, and the clinical columns they share.

    `carried` are columns that are not predicted from, which a task may learn.
    """

    cases: tuple[Case, ...]
    columns: tuple[ClinicalColumn, ...] = ()
    carried: tuple[ClinicalColumn, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for case in self.cases:
            if case.case_id in seen:
                raise CaseError(case.case_id, "a case_id must occur once. Found it twice; merge or rename the rows.")
            seen.add(case.case_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The case ids in the order of the manifest."""
        return tuple(case.case_id for case in self.cases)

    def select(self, ids: Iterable[str]) -> "Cohort":
        """Return the cohort of these cases, in the order asked for."""
        by_id = {case.case_id: case for case in self.cases}
        return Cohort(tuple(by_id[case_id] for case_id in ids), self.columns, self.carried)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where voxels are: size [voxels], spacing [mm], origin [mm] in the order x, y, z; direction cosines row by row."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel [mL]."""
        x, y, z = self.spacing
        return x * y * z / 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """SUV [g/mL], HU or label values on a grid; `array` is indexed z, y, x, the grid is written x, y, z."""

    array: NDArray[np.generic]
    grid: Grid

    def __post_init__(self) -> None:
        if self.array.shape != self.grid.size[::-1]:
            raise MedmtlError(f"An image's array must match its grid {self.grid.size[::-1]}. Found {self.array.shape}.")


@dataclass(frozen=True, slots=True)
class Fold:
    """One partition of the cohort's ids. The test cases are never seen in training nor in stopping it."""

    index: int
    train: tuple[str, ...]
    validate: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        parts = [set(self.train), set(self.validate), set(self.test)]
        if len(set().union(*parts)) != sum(len(part) for part in parts):
            raise MedmtlError(f"Fold {self.index}: train, validate and test must not share a case.")


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits; `low` and `high` are None where too little is known to give them.

    `reason` says why something is None; it is empty where all is known.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    reason: str = ""
