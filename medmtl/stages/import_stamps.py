"""Remembers the cases of an import that are done, so that an interrupted one goes on and a finished one is known."""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medmtl import __version__
from medmtl.stages.provenance import text_hash
from medmtl.whole_file import PARTIAL, whole_file

RECIPE = 1  # raised whenever the same sources and options would give other images or tables
IMAGES = "images"
_STAMPS, _RECORD = "stamps", "import.json"


@dataclass(frozen=True, slots=True)
class CaseImages:
    """The images of one case as files, and how they came to be; `chosen` and `suv_constants` go into the report."""

    pet: Path
    ct: Path | None = None
    mask: Path | None = None
    notes: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    suv_branch: str = ""
    suv_constants: Mapping[str, float] = field(default_factory=dict)


def fingerprint(paths: Iterable[Path], *options: str) -> str:
    """Return a hash of place, size and time of these files, and of what they are imported with."""
    stats = [(str(path.resolve()), path.stat()) for path in paths]
    files = [f"{place}:{stat.st_size}:{stat.st_mtime_ns}" for place, stat in stats]
    return text_hash(str(RECIPE), __version__, *files, *options)


def keep_images(partial: Path, case_id: str, key: str, images: CaseImages) -> None:
    """Write the stamp of a case whose images are all written."""
    paths = {name: _relative(getattr(images, name), partial) for name in ("pet", "ct", "mask")}
    rest = {"notes": images.notes, "chosen": dict(images.chosen), "suv_branch": images.suv_branch}
    content = {"key": key, **paths, **rest, "suv_constants": dict(images.suv_constants)}
    with whole_file(_stamp(partial, case_id)) as place:
        place.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def kept_images(partial: Path, case_id: str, key: str) -> CaseImages | None:
    """Return the images that an interrupted import finished from the same sources and options; None without any."""
    path = _stamp(partial, case_id)
    content = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if content.pop("key", None) != key:
        return None
    pet, ct, mask = (_absolute(content.pop(name), partial) for name in ("pet", "ct", "mask"))
    if pet is None or not all(place.is_file() for place in (pet, ct, mask) if place):
        return None
    return CaseImages(pet, ct, mask, tuple(content.pop("notes")), **content)


def finish(partial: Path, case_ids: Iterable[str], key: str) -> None:
    """Take away stamps and what no case needs, and write what the cohort was made from."""
    kept = set(case_ids)
    stale = [path for path in partial.iterdir() if path.name != IMAGES]
    stale += [path for path in (partial / IMAGES).glob("*") if path.name not in kept]
    for path in [*stale, *(partial / IMAGES).rglob(f"{PARTIAL}*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    with whole_file(partial / _RECORD) as place:
        place.write_text(json.dumps({"medmtl": __version__, "sources_sha256": key}, indent=1) + "\n", "utf-8")


def made_of(folder: Path) -> str | None:
    """Return the key that `finish` wrote; None where the cohort is not an import."""
    path = folder / _RECORD
    return json.loads(path.read_text("utf-8")).get("sources_sha256") if path.is_file() else None


def _stamp(partial: Path, case_id: str) -> Path:
    return partial / _STAMPS / f"{case_id}.json"


def _relative(path: Path | None, folder: Path) -> str | None:
    return None if path is None else os.path.relpath(path.absolute(), folder.resolve())


def _absolute(cell: str | None, folder: Path) -> Path | None:
    return None if cell is None else Path(os.path.normpath(folder.resolve() / cell))
