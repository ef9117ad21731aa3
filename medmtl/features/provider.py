"""Tells which distribution provides the library `radiomics`, since two write their files over each other."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from medmtl.errors import MedmtlError

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


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
