"""The fitted models as one JSON document: no pickle, readable by eye, and the same numbers when read back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medmtl.errors import MedmtlError
from medmtl.risk.base import FittedRisk
from medmtl.risk.migration import migrated
from medmtl.risk.stored import class_path, stored_class
from medmtl.whole_file import whole_file

FORMAT = "medmtl risk models"
FORMAT_VERSION = 2  # raise it when older files would be read wrongly, and teach `migration` the step
PACKAGES = ("medmtl", "lifelines", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class RiskDocument:
    """The models by name, the endpoint that they predict, and the hashes of what they were fitted on.

    Without an endpoint there is no model. `hashes` names the checkpoint of each fold, the features and the settings.
    `note` says what was done since the fit, such as a recalibration; empty for a model as fitted.
    """

    endpoint: str | None
    models: Mapping[str, FittedRisk]
    hashes: Mapping[str, str]
    note: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needed_endpoint(self) -> str:
        """The endpoint; raises MedmtlError where there is none, and so no model."""
        if self.endpoint is None:
            raise MedmtlError("The document must hold a risk model. It holds none: its run asked for no endpoint.")
        return self.endpoint

    def model(self, name: str) -> FittedRisk:
        """Return a model; raise MedmtlError that names those there are."""
        if name not in self.models:
            found = ", ".join(self.models) or "none: its run asked for no endpoint"
            raise MedmtlError(f"The document must hold the model {name}. It holds {found}.")
        return self.models[name]


def write_document(document: RiskDocument, path: Path) -> None:
    """Write the document, either whole or not at all. The same models give the same bytes."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "endpoint": document.endpoint,
        "risk": "log relative hazard; larger is worse",
        "versions": {package: version(package) for package in PACKAGES},
        "hashes": dict(document.hashes),
        "note": dict(document.note),
        "models": {
            name: {"class_path": class_path(model), **model.to_dict()} for name, model in document.models.items()
        },
    }
    content["checksum"] = _checksum(content)
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")


def read_document(path: Path) -> RiskDocument:
    """Read a document of this or an earlier version.

    Raises MedmtlError that names the file where it is missing, no such document, of a later version, or damaged.
    """
    content = _content(path)
    if content.get("format") != FORMAT:
        raise MedmtlError(f"{path}: the file must be {FORMAT!r}. Found {content.get('format')!r}.")
    content = migrated(content, FORMAT_VERSION, path)
    if content.get("checksum", _checksum(content)) != _checksum(content):
        raise MedmtlError(f"{path}: the document must be as it was written. It was changed or damaged; restore it.")
    try:
        models = {str(name): _model(model) for name, model in content["models"].items()}
        return RiskDocument(content["endpoint"], models, content["hashes"], content["note"])
    except MedmtlError as error:
        raise MedmtlError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise MedmtlError(f"{path}: the document must hold whole models. Found {found}. Fit again.") from error


def _model(stored: Mapping[str, Any]) -> FittedRisk:
    values = {name: value for name, value in stored.items() if name != "class_path"}
    return stored_class(stored, FittedRisk).from_dict(values)  # type: ignore[type-abstract]


def _checksum(content: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MedmtlError(f"{path}: the fitted risk models do not exist. Run `medmtl fit` first.")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MedmtlError(f"{path}: the file must be JSON. Found {error}. Run `medmtl fit` again.") from error
    if not isinstance(content, dict):
        raise MedmtlError(f"{path}: the file must be {FORMAT!r}. Found a {type(content).__name__}.")
    return content
