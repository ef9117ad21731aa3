"""Which drawn regions belong to which label of a mask, and the mask that comes of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.errors import MedmtlError
from medmtl.records import Grid, Image

Patterns = Mapping[str, str]  # label name to regular expression of region names; the first label is 1, the next 2


@dataclass(frozen=True, slots=True, eq=False)
class DrawnMask:
    """A mask (uint8, 0 outside, else the label's position from 1), the regions of each label, and what to report."""

    image: Image
    regions: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The regions chosen for each label, by their numbers, and what to report of the choice."""

    numbers: Mapping[str, tuple[int, ...]]
    notes: tuple[str, ...] = ()


def choose_regions(names: Mapping[int, str], patterns: Patterns, file: Path) -> Choice:
    """Return for each label the numbers of the regions whose name its pattern matches wholly, whatever its case.

    Several regions of one label, such as single nodes, are united; a label without a region is empty: both are noted.
    Raises MedmtlError, with all names, where no label finds a region or where a region belongs to two labels.
    """
    found = {label: _matching(names, pattern, label) for label, pattern in patterns.items()}
    every = ", ".join(names.values()) or "none"
    chosen = [number for numbers in found.values() for number in numbers]
    if not chosen:
        wanted = ", ".join(f"{label}=`{pattern}`" for label, pattern in patterns.items())
        raise MedmtlError(f"{file}: a region must match {wanted}. Found none among: {every}.")
    double = {names[number] for number in chosen if chosen.count(number) > 1}
    if double:
        raise MedmtlError(f"{file}: a region must belong to one label. Found two for {', '.join(sorted(double))}.")
    return Choice(found, tuple(_notes(found, names)))


def unite(inside: Sequence[tuple[str, NDArray[np.bool_]]], grid: Grid) -> tuple[Image, tuple[str, ...]]:
    """Return the mask of the labels' voxels [z, y, x], in order, and notes; where two overlap the first keeps it."""
    mask, notes = np.zeros(grid.size[::-1], dtype=np.uint8), []
    for value, (label, voxels) in enumerate(inside, start=1):
        free = voxels & (mask == 0)
        mask[free] = value
        lost = int(voxels.sum() - free.sum())
        if lost:
            notes.append(f"{lost} voxels of {label} lie in an earlier label, which keeps them")
    return Image(mask, grid), tuple(notes)


def _matching(names: Mapping[int, str], pattern: str, label: str) -> tuple[int, ...]:
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise MedmtlError(f"Label {label}: `{pattern}` must be a regular expression: {error}.") from error
    return tuple(number for number, name in names.items() if expression.fullmatch(name.strip()))


def _notes(found: Mapping[str, tuple[int, ...]], names: Mapping[int, str]) -> Sequence[str]:
    notes = []
    for label, numbers in found.items():
        if not numbers:
            notes.append(f"no region for {label} among: {', '.join(names.values())}")
        if len(numbers) > 1:
            notes.append(f"{label} unites {', '.join(names[number] for number in numbers)}")
    return notes
