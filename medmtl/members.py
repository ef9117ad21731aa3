"""Names a member of a family in YAML by `class_path` and `init_args`, and builds it, checked against its base class."""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any, NotRequired, TypeVar, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # typing's own is too old for pydantic on Python 3.11

from medmtl.errors import MedmtlError

T = TypeVar("T")


class Member(TypedDict):
    """A class by its import path and its arguments: one of medmtl's own or one in a file of the user's."""

    class_path: str
    init_args: NotRequired[dict[str, Any]]


def build(member: Member, base: type[T], *given: object) -> T:
    """Return the member built from what the program gives (`given`, first) and its `init_args`.

    Raises MedmtlError where the class cannot be found, is not of the family `base`, does not take an argument, or
    annotates it with another type.
    """
    path, options = member["class_path"], member.get("init_args", {})
    found = _find(path)
    if not (inspect.isclass(found) and issubclass(found, base)):
        raise MedmtlError(f"class_path {path} must be a {base.__name__} ({base.__module__}). Found {found!r}.")
    try:
        inspect.signature(found).bind(*given, **options)
    except TypeError as error:
        known = list(inspect.signature(found).parameters)[len(given) :]
        raise MedmtlError(f"{path}: init_args must be among {known}. Found: {error}.") from error
    return found(*given, **_typed(options, found, path))


def _typed(options: Mapping[str, Any], found: type, path: str) -> dict[str, Any]:
    """Return the options as the annotations of the class have them; what has none stays as it is."""
    try:
        hints = get_type_hints(found.__init__)  # type: ignore[misc]  # the class is built a moment later by the same
    except NameError:  # a user's annotation that exists for type checkers only
        hints = {}
    return {name: _checked(value, hints.get(name, Any), f"{path}: init_args {name}") for name, value in options.items()}


def _checked(value: object, hint: Any, place: str) -> object:
    try:
        return TypeAdapter(hint).validate_python(value)
    except PydanticUserError:  # a type that pydantic does not know
        return value
    except ValidationError as error:
        faults = "; ".join(dict.fromkeys(fault["msg"] for fault in error.errors()))
        raise MedmtlError(f"{place} must fit its type. {faults}. Found {value!r}.") from error


def _find(path: str) -> object:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise MedmtlError(f"class_path {path!r} must name a class that can be imported: {error}.") from error
