"""Looks at `--out` before any work is done: a folder that cannot be written into is told in one sentence."""

import os
import tempfile
from pathlib import Path

from medmtl.errors import MedmtlError
from medmtl.whole_file import PARTIAL


def check_place(out: Path) -> None:
    """Raise MedmtlError unless `out` is a folder that can be written into, or one that can be made.

    What does not exist is tried, since rights alone do not tell it (of a network drive, say, or of /proc): an empty
    folder is made where `out` would begin, and taken away at once.
    """
    nearest = next(place for place in (out, *out.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir():
        what = "a link that leads nowhere" if nearest.is_symlink() and not nearest.exists() else "a file"
        raise _refused(out, f"{nearest}, {what}")
    if nearest == out:
        if not os.access(out, os.W_OK | os.X_OK):
            raise _refused(out, "that it must not be written into")
        return
    try:
        Path(tempfile.mkdtemp(prefix=PARTIAL, dir=nearest)).rmdir()
    except OSError as error:
        raise _refused(out, f"that {nearest} takes no new folder ({error.strerror})") from error


def _refused(out: Path, found: str) -> MedmtlError:
    return MedmtlError(
        f"--out {out} must be a folder that can be made, or that can be written into. Found {found}; choose another."
    )
