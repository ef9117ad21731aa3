"""Writes a file so that its name is either whole or absent, whenever the writing is killed."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial-"  # what the name of a file or folder begins with until it is whole


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a place beside `path` to write to; it takes that name once all is written. Its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    yield partial
    partial.replace(path)


@contextmanager
def whole_file_of_many(path: Path) -> Iterator[Path]:
    """Yield the same where several processes may write one file at once: each is whole, and the last one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    yield partial
    partial.replace(path)


def partial_of(path: Path) -> Path:
    """Return where a file or folder is made until it is whole: beside it."""
    return path.with_name(f"{PARTIAL}{path.name}")


def in_whole_names(text: object) -> str:
    """Return a message with the names that a user knows, those that files and folders have once they are whole."""
    return re.sub(rf"(?<![^\s/\\'\"(]){re.escape(PARTIAL)}(?=\w)", "", str(text))
