"""Looks at an installation: what is missing, what does not fit together, and what to do about it."""

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from joblib import cpu_count
from packaging.requirements import Requirement

from medmtl.errors import MedmtlError
from medmtl.features.provider import DEFAULT, KNOWN, radiomics_provider
from medmtl.findings import Finding, Level

ORIGINAL = "3.0.1"  # the version of PyRadiomics itself that the engine is compared with
FREE_GB = 10.0  # prepared images and checkpoints of a cohort of hundreds
MEMORY_GB = 8.0  # radiomics of a whole body, or a small training
_IMPORTS = ("torch", "monai", "SimpleITK", "numba", "radiomics")  # where a broken build shows only on import


def examine(folder: Path) -> list[Finding]:
    """Return what was found, faults first; `folder` is where runs are to be written."""
    found = [*_python(), *_distributions(), *_provider(), *_imports(), *_machine(folder), *_gpu()]
    return sorted(found, key=lambda one: list(Level).index(one.level))


def _python() -> Iterator[Finding]:
    inside = (3, 11) <= sys.version_info[:2] < (3, 14)
    level = Level.NOTE if inside else Level.FAULT
    remedy = "" if inside else " It must be 3.11, 3.12 or 3.13; install medmtl into such a Python."
    yield Finding(level, "python", f"Python {platform.python_version()} on {platform.platform()}.{remedy}")


def _distributions() -> Iterator[Finding]:
    """Yield a note per distribution that fits what medmtl asks for, and a fault per one that is missing or does not."""
    try:
        asked = [Requirement(line) for line in requires("medmtl") or ()]
    except PackageNotFoundError:
        yield Finding(Level.WARNING, "medmtl", "medmtl is not installed as a distribution. Run `pip install` on it.")
        return
    for one in asked:
        if one.name not in KNOWN and (one.marker is None or one.marker.evaluate({"extra": ""})):
            yield _distribution(one)


def _distribution(asked: Requirement) -> Finding:
    try:
        found = version(asked.name)
    except PackageNotFoundError:
        return Finding(
            Level.FAULT, "missing", f"{asked.name} is not installed. Run `pip install '{asked.name}{asked.specifier}'`."
        )
    if asked.specifier.contains(found, prereleases=True):
        return Finding(Level.NOTE, "version", f"{asked.name} {found}")
    return Finding(
        Level.FAULT,
        "version",
        f"{asked.name} must be {asked.specifier}. Found {found}; run `pip install '{asked.name}{asked.specifier}'`.",
    )


def _provider() -> Iterator[Finding]:
    try:
        found = radiomics_provider()
    except MedmtlError as error:
        yield Finding(Level.FAULT, "radiomics", str(error))
        return
    told = f"`radiomics` is provided by {found.name} {found.version}."
    fits = found.name == DEFAULT or found.version == ORIGINAL
    remedy = "" if fits else f" Only {ORIGINAL} of it is compared with; run `pip install 'pyradiomics=={ORIGINAL}'`."
    yield Finding(Level.NOTE if fits else Level.WARNING, "radiomics", told + remedy)


def _imports() -> Iterator[Finding]:
    for name in _IMPORTS:
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken build raises anything
            told = f"{name} must be importable. Found {type(error).__name__}: {error}; install it anew."
            yield Finding(Level.FAULT, "import", told)


def _machine(folder: Path) -> Iterator[Finding]:
    yield Finding(Level.NOTE, "cores", f"{os.cpu_count()} cores, {cpu_count()} of them for this process.")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else None
    if memory is not None:
        level = Level.NOTE if memory >= MEMORY_GB else Level.WARNING
        yield Finding(level, "memory", f"{memory:.0f} GB of memory; {MEMORY_GB:.0f} GB or more is advised.")
    free = shutil.disk_usage(folder).free / 1e9
    level = Level.NOTE if free >= FREE_GB else Level.WARNING
    yield Finding(level, "disk", f"{free:.0f} GB are free at {folder.resolve()}; {FREE_GB:.0f} GB or more is advised.")


def _gpu() -> Iterator[Finding]:
    try:
        torch = importlib.import_module("torch")
        if not torch.cuda.is_available():
            ask = getattr(torch.cpu, "get_capabilities", None)
            fast = ask is not None and bool(ask().get("amx_bf16", False))
            how = "bf16-mixed, which its matrix units multiply fast" if fast else "32-true"
            yield Finding(Level.NOTE, "gpu", f"No GPU: the processor trains and predicts, by default in {how}.")
            return
        for number in range(torch.cuda.device_count()):
            told = torch.cuda.get_device_properties(number)
            yield Finding(Level.NOTE, "gpu", f"GPU {number}: {told.name}, {told.total_memory / 1e9:.0f} GB.")
        fast = torch.cuda.is_bf16_supported()
        advice = "bf16-mixed can be used." if fast else "bf16 is not supported; keep `training.precision` at 32-true."
        yield Finding(Level.NOTE, "bf16", advice)
    except Exception as error:  # a driver that does not fit raises anything
        yield Finding(
            Level.WARNING, "gpu", f"the GPU cannot be asked: {type(error).__name__}: {error}. Mend its driver."
        )
