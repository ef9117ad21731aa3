"""Tells how well the centre can be told from the features, before and after harmonisation."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from medmtl.report.model_checks import Sheet
from medmtl.report.plain_page import plain_page, table
from medmtl.report.wording import is_known, number

_TITLE = "Can the centre be told from the features?"
_HEAD = ("Part", "Cases", "As measured", "Harmonised", "By", "Centres")
_WORDS = (
    "Mean AUC of one centre against the rest: 0.5, it cannot be told; 1, always. Each case is told by a regression "
    "that was fitted without it, after shifts and scales that were fitted on all, so nothing left reads as 0.5 or "
    "less. A harmonised figure as high as the other says that the harmoniser does not help here: with few cases its "
    "own shifts can mark a centre. A high figure need not come from the scanners: the patients of centres may differ. "
    "Harmonisation changes what a model sees only where risk.harmoniser asks for it. ComBat takes all centres of fewer "
    "than ten cases for one."
)
_NOTHING = "No region could be measured in a case whose centre is known."


def centres_sheet(found: pd.DataFrame) -> Sheet:
    """Return the table of centres.csv in words; a figure that is not known is given with its reason."""
    rows = [_row(one) for one in found.fillna({"centres": "", "reason": ""}).to_dict("records")]
    return Sheet(_TITLE, _HEAD, rows, _WORDS if rows else _NOTHING)


def centres_page(found: pd.DataFrame) -> str:
    """Return a page of its own."""
    return plain_page(_TITLE, "Features as they were measured, and after ComBat.", [table(centres_sheet(found))])


def _row(one: Mapping[Hashable, Any]) -> list[str]:
    head, centres = [str(one["part"]), str(one["cases"])], str(one["centres"]) or "none large enough"
    known = is_known(one["before"])
    told = [number(one["before"]), number(one["after"])] if known else ["not known", str(one["reason"])]
    return [*head, *told, str(one["harmoniser"]), centres]
