"""Reads a tag as a number, words or text, and says which tag is unreadable."""

from math import isfinite

from pydicom import Dataset

from medmtl.errors import MedmtlError


class TagError(MedmtlError):
    """A tag cannot be read; whoever knows the file adds its name."""


def number(header: Dataset, name: str) -> float | None:
    """Return the finite number of a tag, or None where the tag is absent or empty.

    Raises TagError where the tag holds something else, or several numbers.
    """
    return as_number(header.get(name), name)


def as_number(value: object, name: str) -> float | None:
    """Return the finite number that a value is, or None where it is empty; raises TagError for anything else."""
    if value is None or str(value).strip() == "":
        return None
    try:
        found = float(str(value))
    except ValueError as error:
        raise TagError(f"{name} must be a number. Found {value}") from error
    if not isfinite(found):
        raise TagError(f"{name} must be a finite number. Found {value}")
    return found


def positive(header: Dataset, name: str) -> float | None:
    """Return the number of a tag, or None where it is absent, empty, or 0 or less: scanners write 0 for unknown."""
    found = number(header, name)
    return found if found is not None and found > 0 else None


def text(header: Dataset, name: str) -> str:
    """Return a tag's one word without surrounding blanks, empty where the tag is absent."""
    return str(header.get(name) or "").strip()


def words(header: Dataset, name: str) -> tuple[str, ...]:
    """Return the values of a tag of several words, which pydicom gives bare where there is only one."""
    value = header.get(name) or ()
    return tuple(str(word).strip() for word in ([value] if isinstance(value, str) else value))
