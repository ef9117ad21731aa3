"""Remembers every line of a table that was measured, so that a stopped extraction goes on where it was."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from math import isfinite, nan
from pathlib import Path
from typing import Any

from medmtl import __version__
from medmtl.features.image_row import ExtractionPlan, ImageRow, Measured
from medmtl.features.measure_row import measure_row
from medmtl.features.provider import installed_providers
from medmtl.imaging.voxel_files import voxel_files
from medmtl.stages.provenance import file_hash, text_hash
from medmtl.whole_file import whole_file_of_many

RECIPE = 2  # raise it when the same input would give other numbers


def measure_or_remember(row: ImageRow, plan: ExtractionPlan, memory: Path) -> tuple[int, list[Measured], str]:
    """Return the line's number, its regions, and the hash of its files ("" where one cannot be read).

    A line is measured once for the same bytes of its files and the same plan.
    """
    files = "" if row.fault else _hashed(row)
    if not files:
        return row.line, measure_row(row, plan), ""
    key = text_hash(
        str(RECIPE), __version__, str(installed_providers()), plan.told(), str(row.label), str(len(row.others)), files
    )
    for place in sorted(memory.glob(f"{key[:32]}-*.json")):
        if known := _recalled(place):
            return row.line, known, files
    document = json.dumps([_plain(one) for one in measure_row(row, plan)])
    with whole_file_of_many(memory / f"{key[:32]}-{row.line}.json") as partial:
        partial.write_text(document, "utf-8")
    return row.line, list(_measured(json.loads(document))), files


def _hashed(row: ImageRow) -> str:
    try:
        paths = [path for one in row.files for path in (one, *voxel_files(one))]
        return file_hash(*paths) if all(path.is_file() for path in paths) else ""
    except OSError:  # a name that is too long, a file that may not be read: the line says so when it is measured
        return ""


def _recalled(place: Path) -> list[Measured]:
    """Return what a file of the memory holds; nothing where it is damaged, so that the line is measured again."""
    try:
        return list(_measured(json.loads(place.read_text("utf-8"))))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _plain(one: Measured) -> dict[str, Any]:
    volume = one.volume_ml if isfinite(one.volume_ml) else None
    features = {name: value if isfinite(value) else None for name, value in one.features.items()}
    return asdict(one) | {"features": features, "volume_ml": volume}


def _measured(documents: Iterable[dict[str, Any]]) -> Iterable[Measured]:
    for one in documents:
        features = {name: nan if value is None else value for name, value in one.pop("features").items()}
        volume = one.pop("volume_ml")
        yield Measured(**one, features=features, volume_ml=nan if volume is None else volume)
