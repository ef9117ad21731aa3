"""Finds the class of a stored thing by its path, without running anything that is not medmtl's or loaded already."""

import importlib
import inspect
import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from medmtl.errors import MedmtlError

T = TypeVar("T")


def class_path(thing: object) -> str:
    """Return where the class of a thing is found."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def stored_class(document: Mapping[str, Any], base: type[T]) -> type[T]:
    """Return the class named by `class_path`. A document from elsewhere can only name medmtl's own classes.

    A user's class is found where the experiment has loaded its module. Raises MedmtlError for any other.
    """
    path = str(document.get("class_path"))
    module, _, name = path.rpartition(".")
    if module.startswith("medmtl."):
        _import_own(module)
    found = getattr(sys.modules.get(module), name, None)
    if not (inspect.isclass(found) and issubclass(found, base) and not inspect.isabstract(found)):
        raise MedmtlError(
            f"class_path must name a {base.__name__} of medmtl, or of a module that the experiment names. Found {path}."
        )
    return found


def _import_own(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise MedmtlError(f"class_path must name a module of this medmtl. Found {module}.") from error
