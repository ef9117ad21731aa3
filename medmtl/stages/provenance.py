"""What a result depends on besides its input: versions and hardware; and the hash of files."""

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = (
    "medmtl",
    "torch",
    "pytorch-lightning",
    "monai",
    "SimpleITK",
    "pyradiomics-cuda",
    "pyradiomics",
    "lifelines",
    "numpy",
    "pandas",
    "scikit-learn",
)


def surroundings() -> dict[str, Any]:
    """Return the versions of what computes and the hardware it runs on."""
    found = {name: _version(name) for name in _PACKAGES}
    return {
        "versions": {"python": platform.python_version()} | {name: v for name, v in found.items() if v},
        "hardware": {"machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count()},
    }


def file_hash(*paths: Path) -> str:
    """Return the SHA-256 of the files' bytes, in this order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def text_hash(*parts: str) -> str:
    """Return the SHA-256 of texts, in this order."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
