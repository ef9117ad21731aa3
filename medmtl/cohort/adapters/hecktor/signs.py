"""Tells which edition a tree looks like, so that a wrong `--edition` is refused instead of misread."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from medmtl.cohort.adapters.hecktor.columns import BOX
from medmtl.cohort.adapters.hecktor.editions import EDITIONS, Edition
from medmtl.cohort.adapters.hecktor.layout import Layout
from medmtl.cohort.adapters.hecktor.sheets import Sheet
from medmtl.errors import MedmtlError

_YEAR = re.compile(r"hecktor[-_ ]?(20\d\d|2[0-9](?!\d))", re.IGNORECASE)
_TASK = re.compile(r"Task[ _]?[123]", re.IGNORECASE)
_OLD, _NEW = frozenset((2020, 2021)), frozenset((2025, 2026))


@dataclass(frozen=True, slots=True)
class Sign:
    """Something seen in the tree, and the editions that have it."""

    seen: str
    years: frozenset[int]


def check_edition(source: Path, edition: Edition, signs: Iterable[Sign]) -> None:
    """Raise MedmtlError where more of the signs fit another edition than fit the one that was named."""
    seen = tuple(signs)
    fits = {year: [sign for sign in seen if year in sign.years] for year in EDITIONS}
    most = max(len(found) for found in fits.values())
    if len(fits[edition.year]) < most:
        best = " or ".join(str(year) for year in EDITIONS if len(fits[year]) == most)
        against = ", ".join(sign.seen for sign in seen if edition.year not in sign.years)
        raise MedmtlError(
            f"{source}: the tree must be of HECKTOR {edition.year}, which --edition names. "
            f"It looks like {best}: {against}. Give --edition {best}, or the folder of {edition.year}."
        )


def find_signs(source: Path, paths: Iterable[Path], layout: Layout, sheets: Iterable[Sheet]) -> tuple[Sign, ...]:
    """Return what the names of files and folders, and the columns, tell of the edition."""
    parts = {source.resolve().name} | {part for path in paths for part in path.relative_to(source).parts}
    titles = {title for sheet in sheets for title in sheet.spellings}
    return (*_of_names(parts), *_of_images(layout, parts), *_of_columns(titles))


def _of_names(parts: Iterable[str]) -> list[Sign]:
    years = {int(found[1]) % 2000 + 2000: found[0] for part in sorted(parts) if (found := _YEAR.search(part))}
    return [Sign(f"the name {name}", frozenset((year,))) for year, name in years.items() if year in EDITIONS]


def _of_images(layout: Layout, parts: Iterable[str]) -> list[Sign]:
    signs = []
    if any("_gtvt" in name.lower() for name in layout.names):
        signs.append(Sign("masks ID_gtvt", _OLD))
    if any("__ct" in name.lower() for name in layout.names):
        signs.append(Sign("images ID__CT", frozenset((2022, *_NEW))))
    if any(_TASK.fullmatch(part) for part in parts):
        signs.append(Sign("folders of tasks", frozenset((2025,))))
    return signs


def _of_columns(titles: set[str]) -> list[Sign]:
    new = "tobaccoconsumption" in titles
    known = {
        "columns of boxes": (titles >= set(BOX), _OLD),
        "the column TNM group": ("tnmgroup" in titles, _OLD),
        "the column Progression": ("progression" in titles, {2021}),
        "the column Relapse": ("relapse" in titles, {2022, *_NEW}),
        "the column Surgery": ("surgery" in titles, {2022}),
        "the column Tobacco Consumption": (new, _NEW),
        "the column M-stage": (new and "mstage" in titles, {2025}),
        "columns of tasks": (new and "task1" in titles, {2025}),
        "T-stage without M-stage": (new and "tstage" in titles and not titles & {"mstage", "task1"}, {2026}),
    }
    return [Sign(seen, frozenset(years)) for seen, (holds, years) in known.items() if holds]
