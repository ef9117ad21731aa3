"""Tells of clinical levels that no training case had: a model takes them for the most frequent level."""

import logging
from collections.abc import Iterable, Mapping

from medmtl.records import Case
from medmtl.risk.base import FittedRisk

_LOG = logging.getLogger(__name__)


def unseen_levels(models: Iterable[FittedRisk], cases: Iterable[Case]) -> dict[str, dict[str, str]]:
    """Return by case id and column the levels that one of the models never saw, and warn of each."""
    known = tuple(models)
    found = {case.case_id: {k: v for model in known for k, v in model.unseen(case).items()} for case in cases}
    found = {case_id: levels for case_id, levels in found.items() if levels}
    for case_id, levels in found.items():
        _LOG.warning(
            "Case %s: no training case had %s. A model takes it for the most frequent level; mend its spelling if that "
            "is all, else distrust the risk.",
            case_id,
            as_text(levels),
        )
    return found


def as_text(levels: Mapping[str, str]) -> str:
    """Return the levels as `column=level; column=level`."""
    return "; ".join(f"{column}={level}" for column, level in levels.items())
