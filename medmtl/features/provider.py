"""Tells which distribution provides the library `radiomics`, since two write their files over each other."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from medmtl import __version__
from medmtl.errors import MedmtlError
from medmtl.features.engine.settings import ProfileSettings

DEFAULT = "pyradiomics-cuda"
KNOWN = (DEFAULT, "pyradiomics")


@dataclass(frozen=True, slots=True)
class Provider:
    """A distribution and its version."""

    name: str
    version: str


def installed_providers() -> tuple[Provider, ...]:
    """Return every installed distribution that is known to provide `radiomics`."""
    versions = {name: _version(name) for name in KNOWN}
    return tuple(Provider(name, found) for name, found in versions.items() if found is not None)


def radiomics_provider() -> Provider:
    """Return the one that provides `radiomics`. Raises MedmtlError where there is none, or more than one."""
    found = installed_providers()
    if len(found) == 1:
        return found[0]
    if not found:
        raise MedmtlError(f"One distribution must provide `radiomics`. Found none; run `pip install {DEFAULT}`.")
    names = " and ".join(f"{one.name} {one.version}" for one in found)
    raise MedmtlError(
        f"One distribution alone must provide `radiomics`. Found {names}, whose files overwrite each other; run "
        f"`pip uninstall -y {' '.join(one.name for one in found)}`, then `pip install` the one you want."
    )


def measured_by(settings: ProfileSettings) -> dict[str, Any]:
    """Return who measures by these settings: provider of `radiomics`, engine, profile, version of medmtl.

    Raises MedmtlError where no distribution provides `radiomics`, or more than one.
    """
    found = radiomics_provider()
    return {
        "medmtl": __version__,
        "radiomics_provider": {"name": found.name, "version": found.version},
        "engine": settings.engine,
        "profile": settings.profile,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
