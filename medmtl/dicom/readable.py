"""Turns whatever a broken DICOM file raises into an error that names the file."""

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.errors import BytesLengthException, InvalidDicomError

from medmtl.dicom.tags import TagError
from medmtl.errors import MedmtlError

# what pydicom and highdicom raise, now or when a tag is first asked for, where bytes are missing or are not what the
# standard says: it may be anything that Python raises for a wrong value
BROKEN = (
    BytesLengthException,
    InvalidDicomError,
    NotImplementedError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    LookupError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
LONGEST = 300  # characters of what a library says of it


@contextmanager
def hushed() -> Iterator[None]:
    """Keep pydicom from telling of odd values on stderr, once per file; what matters of them is judged by name."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            for library in ("pydicom", "highdicom"):
                warnings.filterwarnings("ignore", module=library)
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def readable(place: Path, must: str = "the file must be whole DICOM") -> Iterator[None]:
    """Raise MedmtlError, with the place and what must hold, where what is done within finds a broken file."""
    try:
        yield
    except TagError as error:
        raise MedmtlError(f"{place}: {error}.") from error
    except MedmtlError:
        raise
    except BROKEN as error:
        found = str(error).rstrip(".") or type(error).__name__
        raise MedmtlError(f"{place}: {must}. Found: {found[:LONGEST]}.") from error
