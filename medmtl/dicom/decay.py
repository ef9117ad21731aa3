"""How much of the injected dose was left at the time for which a PET gives its activity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from medmtl.dicom.clock import acquired
from medmtl.dicom.injection import check_uptake, read_injection
from medmtl.dicom.overrides import SuvOverrides
from medmtl.dicom.reference_time import read_reference
from medmtl.dicom.tags import positive, text
from medmtl.dicom.tracer import Tracer, read_tracer
from medmtl.errors import MedmtlError

FDG_UPTAKE_S = (30 * 60, 120 * 60)  # outside it an FDG scan is unusual, and its SUV not comparable


@dataclass(frozen=True, slots=True, eq=False)
class Decay:
    """The injected dose [Bq], what remains of it per slice (0 to 1), the branch taken, the numbers behind, notes."""

    dose_bq: float
    remaining: NDArray[np.float64]
    branch: str
    constants: Mapping[str, float]
    notes: tuple[str, ...] = ()


def read_decay(headers: Sequence[Dataset], overrides: SuvOverrides) -> Decay:
    """Return the decay between injection and the time for which the activity is given (DecayCorrection).

    ADMIN is corrected to the injection already, START to one moment of the scan, NONE not at all. Raises MedmtlError
    where dose, half-life or a time is missing or implausible.
    """
    correction = text(headers[0], "DecayCorrection") or "none"
    if correction not in _BRANCHES:
        raise MedmtlError(f"DecayCorrection must be ADMIN, START or NONE. Found {correction}")
    tracer = read_tracer(headers[0], overrides)
    found = _BRANCHES[correction](headers, tracer, overrides)
    constants = {"dose_bq": tracer.dose_bq, "half_life_s": tracer.half_life_s, **found.constants}
    return Decay(tracer.dose_bq, found.remaining, found.branch, constants, tracer.notes + found.notes)


def _admin(headers: Sequence[Dataset], tracer: Tracer, _: SuvOverrides) -> Decay:
    return Decay(tracer.dose_bq, np.ones(len(headers)), "ADMIN", {})


def _start(headers: Sequence[Dataset], tracer: Tracer, overrides: SuvOverrides) -> Decay:
    starts = [acquired(header) for header in headers]
    reference = read_reference(headers, starts, np.log(2) / tracer.half_life_s)
    injected, notes = read_injection(headers[0], tracer, min(starts), overrides)
    uptake = (reference.moment - injected).total_seconds()
    check_uptake(uptake, tracer.half_life_s)
    remaining = np.full(len(headers), 0.5 ** (uptake / tracer.half_life_s))
    told = reference.notes + notes + _unusual(uptake, tracer)
    return Decay(tracer.dose_bq, remaining, f"START:{reference.branch}", {"uptake_s": uptake}, told)


def _none(headers: Sequence[Dataset], tracer: Tracer, overrides: SuvOverrides) -> Decay:
    """Each slice gives the mean activity of its own frame: what remains is the mean of the decay over the frame."""
    starts = [acquired(header) for header in headers]
    injected, notes = read_injection(headers[0], tracer, min(starts), overrides)
    rate = np.log(2) / tracer.half_life_s
    decays = rate * np.array([_duration_s(header) for header in headers])
    uptakes = np.array([(start - injected).total_seconds() for start in starts])
    for uptake in (uptakes.min(), uptakes.max()):
        check_uptake(float(uptake), tracer.half_life_s)
    remaining = -np.expm1(-decays) / decays * np.exp(-rate * uptakes)
    first = float(uptakes.min())
    return Decay(tracer.dose_bq, remaining, "NONE", {"uptake_s": first}, notes + _unusual(first, tracer))


def _duration_s(header: Dataset) -> float:
    found = positive(header, "ActualFrameDuration")
    if found is None:
        raise MedmtlError("ActualFrameDuration must be given where DecayCorrection is NONE. Found none")
    return found / 1000


def _unusual(uptake: float, tracer: Tracer) -> tuple[str, ...]:
    low, high = FDG_UPTAKE_S
    if not tracer.is_fdg or low <= uptake <= high:
        return ()
    return (f"an FDG scan {uptake / 60:.0f} min after injection is outside {low // 60} to {high // 60} min",)


_BRANCHES = {"ADMIN": _admin, "START": _start, "NONE": _none}
