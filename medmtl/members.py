"""Names a member of a family in YAML by `class_path` and `init_args`, and builds it, checked against its base class."""

import importlib
import inspect
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from medmtl.errors import MedmtlError

T = TypeVar("T")


class Member(BaseModel):
    """A class by its import path and its arguments: one of medmtl's own or one in a file of the user's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    class_path: str = Field(description="Import path, such as medmtl.tasks.segmentation.Segmentation.")
    init_args: dict[str, Any] = Field(default_factory=dict, description="Its arguments by name.")

    def build(self, base: type[T], *given: object) -> T:
        """Return the member built from what the program gives (`given`, first) and `init_args`.

        Raises MedmtlError where the class cannot be found, is not of the family `base`, or does not take an argument.
        """
        found = self._find()
        if not (inspect.isclass(found) and issubclass(found, base)):
            raise MedmtlError(f"{self.class_path} must be a {base.__name__} ({base.__module__}). Found {found!r}.")
        try:
            inspect.signature(found).bind(*given, **self.init_args)
        except TypeError as error:
            known = list(inspect.signature(found).parameters)[len(given) :]
            raise MedmtlError(
                f"{self.class_path}: init_args must fit its arguments {known}. Found: {error}."
            ) from error
        return found(*given, **self.init_args)

    def _find(self) -> object:
        module, _, name = self.class_path.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise MedmtlError(
                f"class_path {self.class_path!r} must name a class that can be imported: {error}."
            ) from error
