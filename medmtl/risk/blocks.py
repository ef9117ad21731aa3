"""Where the columns of a model come from: deep risk, image, radiomics score, clinical values; each fitted or fixed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.errors import MedmtlError
from medmtl.risk.radiomics import Radiomics
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.selection import RadiomicsScore

LOG_OF = {"volume_ml": "log_volume_ml", "suv_max": "log_suv_max"}


class FittedBlock(ABC):
    """A source of columns that knows all its constants."""

    @abstractmethod
    def columns(self, rows: RiskRows) -> Block:
        """Return the columns of these rows; NaN where not known."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values, with its `kind`."""


@dataclass(frozen=True, slots=True)
class DeepBlock(FittedBlock):
    """The network's log hazard."""

    def columns(self, rows: RiskRows) -> Block:
        """Return `deep_log_hazard`."""
        return Block(("deep_log_hazard",), rows.deep[:, None])

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "deep"}


@dataclass(frozen=True, slots=True)
class ImageBlock(FittedBlock):
    """Some of volume [mL] and SUVmax [g/mL], as log(1 + x)."""

    features: tuple[str, ...]

    def columns(self, rows: RiskRows) -> Block:
        """Return the logarithms."""
        names = tuple(LOG_OF[name] for name in self.features)
        return Block(names, np.log1p(rows.image.pick(self.features).values))

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "image", "features": list(self.features)}


@dataclass(frozen=True, slots=True)
class ClinicalBlock(FittedBlock):
    """The clinical values as encoded on the training cases."""

    encoder: ClinicalEncoder

    def columns(self, rows: RiskRows) -> Block:
        """Return the encoded columns."""
        return Block(self.encoder.names, self.encoder.transform(rows.cases))

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "clinical", "encoder": self.encoder.to_dict()}


@dataclass(frozen=True, slots=True)
class RadiomicsBlock(FittedBlock):
    """The radiomics score."""

    score: RadiomicsScore

    def columns(self, rows: RiskRows) -> Block:
        """Return `radiomics_score`."""
        return Block(("radiomics_score",), self.score.predict(rows)[:, None])

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "radiomics", "score": self.score.to_dict()}


@dataclass(frozen=True, slots=True)
class FeaturesBlock(FittedBlock):
    """The radiomics that the selectors left, each for itself, without the centre; skewed ones as log(1 + x)."""

    radiomics: Radiomics

    def columns(self, rows: RiskRows) -> Block:
        """Return the features; NaN where not known."""
        return self.radiomics.columns(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "features", "radiomics": self.radiomics.to_dict()}


def read_block(document: Mapping[str, Any]) -> FittedBlock:
    """Return the block whose `to_dict` this is."""
    match document["kind"]:
        case "deep":
            return DeepBlock()
        case "image":
            return ImageBlock(tuple(document["features"]))
        case "clinical":
            return ClinicalBlock(ClinicalEncoder.from_dict(document["encoder"]))
        case "radiomics":
            return RadiomicsBlock(RadiomicsScore.from_dict(document["score"]))
        case "features":
            return FeaturesBlock(Radiomics.from_dict(document["radiomics"]))
        case kind:
            raise MedmtlError(f"A block must be of a known kind. Found {kind!r}.")
