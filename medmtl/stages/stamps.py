"""Does a stage once: a stamp with the hash of its inputs and of its files says that it is done."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medmtl.stages.folder import RunFolder
from medmtl.stages.provenance import file_hash, text_hash
from medmtl.stages.run import read_record, write_record
from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)


def perform(folder: RunFolder, stage: str, inputs: Sequence[str], work: Callable[[], Sequence[Path]]) -> str:
    """Do the stage's work unless its stamp tells of the same inputs and its files are there; return its outputs' hash.

    `work` returns the files that the next stages depend on.
    """
    key = text_hash(*inputs)
    if is_done(folder, stage, inputs):
        _LOG.info("%s: done before", stage)
        return str(_stamp(folder, stage)["outputs"])
    began = time.monotonic()
    files = work()
    seconds = time.monotonic() - began
    outputs = file_hash(*files)
    names = [str(path.relative_to(folder.root)) for path in files]
    stamp = {"inputs": key, "outputs": outputs, "files": names, "seconds": round(seconds, 1)}
    _write(folder.stamp(stage), stamp)
    _note_seconds(folder)
    _LOG.info("%s: done in %.0f s", stage, seconds)
    return outputs


def is_done(folder: RunFolder, stage: str, inputs: Sequence[str]) -> bool:
    """Return whether the stage was done with these inputs, and its files are there."""
    known = _stamp(folder, stage)
    same = known.get("inputs") == text_hash(*inputs)
    return same and all((folder.root / name).is_file() for name in known["files"])


def outputs_of(folder: RunFolder, stage: str) -> str | None:
    """Return the hash of a finished stage's files; None where it is not finished."""
    found = _stamp(folder, stage).get("outputs")
    return None if found is None else str(found)


def _note_seconds(folder: RunFolder) -> None:
    """Gather the seconds of all stamps in run.json: of stages that end together, none loses the other's for good."""
    stamps = sorted((folder.root / "stamps").glob("[!.]*.json"), key=lambda path: path.stat().st_mtime_ns)
    told = {path.stem: json.loads(path.read_text("utf-8")).get("seconds") for path in stamps}
    if folder.record.is_file():
        record = read_record(folder)
        known = record.get("seconds", {}) | {stage: taken for stage, taken in told.items() if taken is not None}
        write_record(folder, record | {"seconds": known})


def _stamp(folder: RunFolder, stage: str) -> dict[str, Any]:
    path = folder.stamp(stage)
    stamp: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return stamp


def _write(path: Path, content: dict[str, object]) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
