"""What the user said of how to choose between series, and the narrowing that it and the rules do."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medmtl.dicom.found import IMAGES, FoundSeries
from medmtl.errors import MedmtlError

FIRST, LAST = "first", "last"
Rule = tuple[str, Callable[[FoundSeries], Any]]  # what is written in the report, and how good a series is by it


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to choose: `studies` are UIDs, or `first` or `last` by date; `series` are UIDs of images or contours.

    `ct` and `pet` are regular expressions that a series' description must hold, whatever its case; empty for any.
    """

    studies: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    ct: str = ""
    pet: str = ""

    def __post_init__(self) -> None:
        for pattern in (self.ct, self.pet):
            try:
                re.compile(pattern)
            except re.error as error:
                raise MedmtlError(f"A description must be a regular expression. Found {pattern!r}: {error}.") from error

    def named(self, series: FoundSeries) -> bool:
        """Say whether the series, or its file of contours, is named by its UID."""
        return series.uid in self.series or series.first.instance in self.series

    def unwanted(self, series: FoundSeries, others: Sequence[FoundSeries]) -> str:
        """Return why the wishes leave the series out of these, empty where they do not."""
        modality = series.first.modality
        named = [other for other in others if other.first.modality == modality and self.named(other)]
        if named and modality in IMAGES:
            return "" if self.named(series) else "another one is named by --series"
        pattern = {"CT": self.ct, "PT": self.pet}.get(modality, "")
        return "" if re.search(pattern, series.first.description, re.IGNORECASE) else f"its name lacks `{pattern}`"


def narrow(candidates: Sequence[FoundSeries], rules: Sequence[Rule]) -> tuple[list[FoundSeries], tuple[str, ...]]:
    """Return the candidates that are left once each rule in turn kept the best of those before it.

    Returned too are the rules that decided; one by which all are equally good decides nothing.
    """
    left, deciding = list(candidates), []
    for name, worth in rules:
        best = max(worth(series) for series in left)
        kept = [series for series in left if worth(series) == best]
        if len(kept) < len(left):
            left = kept
            deciding.append(name)
    return left, tuple(deciding)


def one_of(candidates: Sequence[FoundSeries], what: str, remedy: str) -> FoundSeries:
    """Return the only one; raise MedmtlError, naming all, where there are several."""
    if len(candidates) > 1:
        told = "; ".join(map(str, candidates[:6])) + ("; ..." if len(candidates) > 6 else "")
        found = f"Found {len(candidates)} that no rule tells apart: {told}"
        raise MedmtlError(f"one {what} must be chosen. {found}. {remedy}.")
    return candidates[0]


def matching_labels(series: FoundSeries, patterns: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels for which contours or segments have a region."""
    names = [name.strip() for name in series.drawn.regions]
    return tuple(
        label
        for label, pattern in patterns.items()
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for name in names)
    )
