"""Measures textures slice by slice: each is a region of its own, and their mean is kept (IBSI BTW3, SUJT, 8QNN)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.lattice import lattice_of
from medmtl.features.engine.region import Region
from medmtl.features.engine.texture import Measures, measure_values


def measure_slices(
    values: NDArray[np.float64],
    levels: NDArray[np.int32],
    region: Region,
    wanted: Mapping[str, Sequence[str]],
    options: Mapping[str, Any],
) -> Measures:
    """Return the mean over slices (z) of every texture measure, leaving out slices that have none (no pair of voxels).

    Grey levels are those of the whole region, so that they mean the same in every slice. `options` as those of
    `measure_values`, with `force2D`.
    """
    options = {**options, "top_level": int(levels.max())}
    slices = _slices(region)
    ends = np.cumsum([one.voxels for one in slices])[:-1]
    parts = zip(np.split(values, ends), np.split(levels, ends), slices, strict=True)
    return _mean([measure_values(own, grey, lattice_of(one, options), wanted, options) for own, grey, one in parts])


def _slices(region: Region) -> list[Region]:
    """Return the slices that hold a voxel, as wide as the region so that all look in the same directions."""
    _, y, x = region.first
    held = ((z, inside) for z, inside in enumerate(region.inside, start=region.first[0]) if inside.any())
    return [Region((z, y, x), inside[None], region.spacing) for z, inside in held]


def _mean(found: Sequence[Measures]) -> Measures:
    return {kind: dict(_means([one[kind] for one in found])) for kind in found[0]}


def _means(found: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, float]]:
    for name in found[0]:
        known = [one[name] for one in found if not np.isnan(one[name])]
        yield name, float(np.mean(known)) if known else np.nan
