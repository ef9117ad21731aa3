"""The fitted models as one JSON document: no pickle, readable by eye, and the same numbers when read back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medmtl.errors import MedmtlError
from medmtl.risk.coxph import FittedCox

FORMAT = "medmtl risk models"
FORMAT_VERSION = 1  # raise it when older files would be read wrongly
PACKAGES = ("medmtl", "lifelines", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class RiskDocument:
    """The models by name, the endpoint that they predict, and the hashes of what they were fitted on."""

    endpoint: str
    models: Mapping[str, FittedCox]
    hashes: Mapping[str, str]


def write_document(document: RiskDocument, path: Path) -> None:
    """Write the document, either whole or not at all. The same models give the same bytes."""
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "endpoint": document.endpoint,
        "risk": "log relative hazard; larger is worse",
        "versions": {package: version(package) for package in PACKAGES},
        "hashes": dict(document.hashes),
        "models": {name: model.to_dict() for name, model in document.models.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    partial.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")
    partial.replace(path)


def read_document(path: Path) -> RiskDocument:
    """Read a document. Raises MedmtlError where the file is missing, is no such document or of another version."""
    content = _content(path)
    if content.get("format") != FORMAT or content.get("format_version") != FORMAT_VERSION:
        found = f"{content.get('format')}, version {content.get('format_version')}"
        raise MedmtlError(f"{path}: the file must be {FORMAT!r}, version {FORMAT_VERSION}. Found {found}.")
    models = {name: FittedCox.from_dict(model) for name, model in content["models"].items()}
    return RiskDocument(content["endpoint"], models, content["hashes"])


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MedmtlError(f"{path}: the fitted risk models do not exist. Run `medmtl fit` first.")
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MedmtlError(f"{path}: the file must be JSON. Found {error}. Run `medmtl fit` again.") from error
    return content
