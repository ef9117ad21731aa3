"""Radiomics before they are weighed: without the centre, the skewed ones as logarithms, and a selection of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medmtl.features.harmoniser import FittedHarmoniser, Harmoniser
from medmtl.members import build
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.scaling import log_columns, skewed_columns
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.redundancy import Redundancy
from medmtl.risk.settings import RiskSettings
from medmtl.risk.stored import class_path, stored_class


@dataclass(frozen=True, slots=True)
class Radiomics:
    """The fitted choice; made by `fit_radiomics`. `inputs` are all features that the harmoniser was fitted on."""

    inputs: tuple[str, ...]
    chosen: tuple[str, ...]
    logged: tuple[bool, ...]
    harmoniser: FittedHarmoniser | None

    def columns(self, rows: RiskRows) -> Block:
        """Return the chosen features of these rows; NaN where not known."""
        values = _without_centre(rows, self.inputs, self.harmoniser).pick(self.chosen).values
        return Block(self.chosen, log_columns(values, np.array(self.logged, dtype=bool)))

    def to_dict(self) -> dict[str, Any]:
        """Return the choice as plain JSON values."""
        harmoniser = self.harmoniser and {"class_path": class_path(self.harmoniser), **self.harmoniser.to_dict()}
        choice = {"inputs": [*self.inputs], "chosen": [*self.chosen], "logged": [*self.logged]}
        return choice | {"harmoniser": harmoniser}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Radiomics":
        """Return the choice whose `to_dict` this is."""
        harmoniser = document["harmoniser"]
        if harmoniser is not None:
            harmoniser = stored_class(harmoniser, FittedHarmoniser).from_dict(harmoniser)  # type: ignore[type-abstract]
        inputs, chosen, logged = (tuple(document[name]) for name in ("inputs", "chosen", "logged"))
        return cls(inputs, chosen, logged, harmoniser)


def fit_radiomics(rows: RiskRows, settings: RiskSettings) -> Radiomics:
    """Learn from training rows with endpoints what the centres add, which features stay, and which get a logarithm."""
    harmoniser = _fit_harmoniser(rows, settings)
    inputs = rows.radiomics.names if harmoniser else ()
    block = _without_centre(rows, inputs, harmoniser)
    ids = [case.case_id for case in rows.cases]
    for selector in _selectors(settings):
        block = block.pick(selector.choose_for(ids, block, rows.time_days, rows.event))
    logged = skewed_columns(block.values)
    return Radiomics(inputs or block.names, block.names, tuple(logged.tolist()), harmoniser)


def _selectors(settings: RiskSettings) -> list[Selector]:
    further = [build(one, Selector) for one in settings.selectors]  # type: ignore[type-abstract]
    return [Redundancy(settings.redundancy), *further]


def _fit_harmoniser(rows: RiskRows, settings: RiskSettings) -> FittedHarmoniser | None:
    if settings.harmoniser is None:
        return None
    recipe = build(settings.harmoniser, Harmoniser)  # type: ignore[type-abstract]
    return recipe.fit(rows.radiomics.values, _centres(rows))


def _without_centre(rows: RiskRows, inputs: Sequence[str], harmoniser: FittedHarmoniser | None) -> Block:
    if harmoniser is None:
        return rows.radiomics
    block = rows.radiomics.pick(inputs)
    return Block(block.names, harmoniser.transform(block.values, _centres(rows)))


def _centres(rows: RiskRows) -> list[str]:
    return [case.centre for case in rows.cases]
