"""Which models are fitted: the usual ones by name, those that many events allow, and the user's own members."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medmtl.members import Member, build
from medmtl.risk.base import RiskModel
from medmtl.risk.rows import RiskRows
from medmtl.risk.settings import ELASTIC_NET, MODELS, RIDGE, BlockName, RiskSettings


def recipes(settings: RiskSettings, rows: RiskRows | None = None) -> dict[str, RiskModel]:
    """Return the models to fit by name, in order: `risk.models`, with many events an elastic net, `risk.members`.

    Without rows, the elastic net is left out. Raises MedmtlError where a member is no RiskModel.
    """
    names: list[str] = [*settings.models]
    if rows is not None and int(rows.event.sum()) >= settings.elastic_net_min_events and "fused" in names:
        names.append("elastic_net")
    names += [name for name in settings.members if name not in names]
    return {name: _recipe(name, settings) for name in names}


def nothing_to_fit(recipe: RiskModel, rows: RiskRows) -> str:
    """Return why no column of these rows has a value for the model; empty where one has."""
    blocks: Sequence[BlockName] = recipe.blocks
    known = {
        BlockName.DEEP: bool(np.isfinite(rows.deep).any()),
        BlockName.CLINICAL: any(
            case.clinical.get(column.name) is not None for case in rows.cases for column in rows.columns
        ),
    }
    if any(known.get(block, True) for block in blocks):
        return ""
    return f"no case has a value of {', '.join(block.value for block in blocks)}"


def _recipe(name: str, settings: RiskSettings) -> RiskModel:
    usual = Member(class_path=ELASTIC_NET if name == "elastic_net" else RIDGE)
    member = settings.members.get(name, usual)
    given: dict[str, Any] = {"blocks": MODELS.get(name, MODELS["fused"])} | member.get("init_args", {})
    asked = Member(class_path=member["class_path"], init_args=given)
    return build(asked, RiskModel, settings)  # type: ignore[type-abstract]
