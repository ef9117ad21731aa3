"""Where the columns of a model come from: deep risk, image, radiomics score, clinical values; each fitted or fixed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.cohort.codes import LevelCode, NumberCode
from medmtl.errors import MedmtlError
from medmtl.records import Case, ClinicalColumn, Scale
from medmtl.risk.radiomics import Radiomics
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.selection import RadiomicsScore

Floats = NDArray[np.float64]
LOG_OF = {"volume_ml": "log_volume_ml", "suv_max": "log_suv_max"}


class FittedBlock(ABC):
    """A source of columns that knows all its constants."""

    @abstractmethod
    def columns(self, rows: RiskRows) -> Block:
        """Return the columns of these rows; NaN where not known."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values, with its `kind`."""

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Return what must be known of a cohort to form the columns: features, clinical columns, deep_log_hazard."""

    def clinical_columns(self) -> tuple[ClinicalColumn, ...]:
        """Return the clinical columns among these."""
        return ()

    def unseen(self, case: Case) -> dict[str, str]:
        """Return by clinical column the level of this case that no training case had."""
        return {}

    def units(self) -> dict[str, tuple[float, float]]:
        """Return by column the mean and the standard deviation that it was scaled by; none where it was not."""
        return {}


@dataclass(frozen=True, slots=True)
class DeepBlock(FittedBlock):
    """The network's log hazard."""

    def columns(self, rows: RiskRows) -> Block:
        """Return `deep_log_hazard`."""
        return Block(("deep_log_hazard",), rows.deep[:, None])

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain JSON values."""
        return {"kind": "deep"}

    def needs(self) -> tuple[str, ...]:
        """Return the network's risk."""
        return ("deep_log_hazard",)


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

    def needs(self) -> tuple[str, ...]:
        """Return the features."""
        return self.features


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

    def needs(self) -> tuple[str, ...]:
        """Return the clinical columns."""
        return tuple(code.column for code in self.encoder.codes)

    def clinical_columns(self) -> tuple[ClinicalColumn, ...]:
        """Return the columns with the levels of training; a nominal one takes any word."""
        return tuple(_column(code) for code in self.encoder.codes)

    def unseen(self, case: Case) -> dict[str, str]:
        """Return the levels that the encoder does not know."""
        return self.encoder.unseen(case)

    def units(self) -> dict[str, tuple[float, float]]:
        """Return the scales of the numbers and ranks."""
        codes = (code for code in self.encoder.codes if isinstance(code, NumberCode))
        return {code.column: (code.mean, code.sd) for code in codes}


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

    def needs(self) -> tuple[str, ...]:
        """Return the radiomics."""
        return self.score.radiomics.inputs


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

    def needs(self) -> tuple[str, ...]:
        """Return the radiomics."""
        return self.radiomics.inputs


def _column(code: NumberCode | LevelCode) -> ClinicalColumn:
    if isinstance(code, LevelCode):
        return ClinicalColumn(code.column, Scale.NOMINAL)
    return ClinicalColumn(code.column, Scale.ORDINAL if code.levels else Scale.NUMERIC, code.levels)


def in_units(blocks: Sequence[FittedBlock], names: Sequence[str], values: Floats) -> Floats:
    """Return values [..., p] of these columns in the units of the cohort: years, ranks."""
    units = {name: unit for block in blocks for name, unit in block.units().items()}
    mean, sd = np.array([units.get(name, (0.0, 1.0)) for name in names], dtype=float).reshape(-1, 2).T
    told: Floats = values * sd + mean
    return told


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
