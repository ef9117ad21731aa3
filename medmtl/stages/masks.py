"""Compares predicted masks with the references of a cohort."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from medmtl.errors import CaseError
from medmtl.evaluation.overlap import OverlapCounts, overlap_counts
from medmtl.imaging.image import read_image
from medmtl.imaging.resample import resample_labels
from medmtl.records import Case, Image

WHOLE = "all"  # every label together


def overlaps(
    cases: Iterable[Case], predicted: Callable[[str], Path], labels: Mapping[str, int]
) -> dict[str, dict[str, OverlapCounts]]:
    """Return the overlaps of every case that has a reference mask, on the grid of the predicted mask (the CT's).

    By region: `all` labels together and, where there are several, each by its name. Raises CaseError where a reference
    holds a label that is not among `labels`: it would count as missed tumour.
    """
    found = {case.case_id: _overlap(case, predicted(case.case_id), labels) for case in cases if case.mask is not None}
    regions = (WHOLE, *labels) if len(labels) > 1 else (WHOLE,)
    return {region: {case_id: one[region] for case_id, one in found.items()} for region in regions}


def _overlap(case: Case, path: Path, labels: Mapping[str, int]) -> dict[str, OverlapCounts]:
    if case.mask is None:
        raise CaseError(case.case_id, "it must have a reference mask to be compared with.")
    found, reference = read_image(path), read_image(case.mask)
    if not np.isin(reference.array, (0, *labels.values())).all():
        raise CaseError(case.case_id, f"{case.mask}: a reference mask must hold 0 and the labels {labels} alone.")
    if not _same_place(found, reference):
        reference = resample_labels(reference, found.grid, tuple(labels.values()))
    voxel_ml = prod(found.grid.spacing) / 1000
    counts = {name: overlap_counts(found.array == value, reference.array == value) for name, value in labels.items()}
    counts[WHOLE] = overlap_counts(found.array, reference.array)
    return {name: replace(one, voxel_ml=voxel_ml) for name, one in counts.items()}


def _same_place(first: Image, second: Image) -> bool:
    one, two = first.grid, second.grid
    first_numbers, second_numbers = ((*grid.spacing, *grid.origin, *grid.direction) for grid in (one, two))
    return one.size == two.size and bool(np.allclose(first_numbers, second_numbers, atol=1e-3))
