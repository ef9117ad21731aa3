"""What was measured in one case, and whether it could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, nan
from typing import Any

CONVENTIONAL = ("volume_ml", "suv_max", "suv_mean", "tlg")  # all other features are radiomics


class FeatureStatus(StrEnum):
    """How far a case could be measured."""

    OK = "ok"
    EMPTY = "empty"  # nothing in the mask: volume and tlg are 0, all else is NaN
    TOO_SMALL = "too_small"  # the conventional features are known, radiomics are NaN
    ERROR = "error"  # all is NaN


@dataclass(frozen=True, slots=True)
class CaseFeatures:
    """The features of one case by name, NaN where not measured; `reason` says why, and is empty when all is well.

    The names depend on the settings alone, never on the case.
    """

    status: FeatureStatus
    values: Mapping[str, float]
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the features as plain JSON values; NaN becomes None."""
        values = {name: value if isfinite(value) else None for name, value in self.values.items()}
        return {"status": self.status.value, "values": values, "reason": self.reason}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "CaseFeatures":
        """Return the features that `to_dict` wrote."""
        values = {name: nan if value is None else float(value) for name, value in document["values"].items()}
        return cls(FeatureStatus(document["status"]), values, document["reason"])
