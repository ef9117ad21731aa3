"""Puts a new cohort in its folder wholly or not at all: it is made beside the folder and then renamed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medmtl.cohort.manifest import MANIFEST, SCHEMA
from medmtl.errors import MedmtlError
from medmtl.whole_file import partial_of


@contextmanager
def new_cohort(out: Path) -> Iterator[Path]:
    """Yield an empty folder to make the cohort in, which becomes `out` where all goes well, and vanishes otherwise.

    It lies beside `out`, so that relative paths stay true. An equal cohort (manifest and schema) in `out` is kept.
    Raises MedmtlError where `out` holds another cohort, or files without one.
    """
    if not (out / MANIFEST).is_file():
        check_empty(out)
    partial = partial_of(out.resolve())
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        _publish(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def resumed_cohort(out: Path) -> Iterator[Path]:
    """Yield the folder to make the cohort in, with whatever an interrupted import left there; it becomes `out`.

    It stays where the work is interrupted or fails, unless it is empty. Raises MedmtlError where `out` holds files.
    """
    check_empty(out)
    partial = partial_of(out.resolve())
    partial.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
    finally:
        if partial.is_dir() and not any(partial.iterdir()):
            partial.rmdir()
    if out.is_dir():
        out.rmdir()  # empty, by the check
    partial.replace(out.resolve())


def check_empty(out: Path) -> None:
    """Raise MedmtlError unless the folder is new or empty."""
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise MedmtlError(f"{out}: a cohort must be written into a new or empty folder. Found files; choose another.")


def _publish(partial: Path, out: Path) -> None:
    if not (out / MANIFEST).is_file():
        partial.replace(out.resolve())
    elif any(_text(partial / name) != _text(out / name) for name in (MANIFEST, SCHEMA)):
        raise MedmtlError(f"{out}: the folder must not hold another cohort. Delete it, or choose another folder.")


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
