"""Brings the values of a region to grey levels 1, 2, ...: PyRadiomics' way, and IBSI's two."""

from collections.abc import Mapping
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.ibsi_settings import FixedBinNumber, FixedBinSize
from medmtl.features.engine.jit import compiled
from medmtl.features.engine.result import RefusedError, RegionStatus

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
WIDTH = 25.0  # PyRadiomics' default


def pyradiomics_levels(values: NDArray[np.generic], options: Mapping[str, Any], most: int) -> Ints:
    """Return the level of each value, in the image's own precision, by PyRadiomics' edges.

    Raises RefusedError where there would be more than `most` levels.
    """
    lowest, highest = _extremes(values)
    count = options.get("binCount")
    if count is None:
        count = (float(highest) - float(lowest)) / (options.get("binWidth") or WIDTH)
    _check(count, most)
    return _between(values.astype(np.float64), _edges(lowest, highest, options).astype(np.float64))


def _extremes(values: NDArray[np.generic]) -> tuple[Any, Any]:
    """Return the lowest and highest value; whole ones without a limit, for two widths more may not fit their bits."""
    lowest, highest = values.min(), values.max()
    return (int(lowest), int(highest)) if np.issubdtype(values.dtype, np.integer) else (lowest, highest)


def _edges(lowest: Any, highest: Any, options: Mapping[str, Any]) -> NDArray[np.generic]:
    """Return PyRadiomics' edges: whole multiples of the width, or so many of equal width, the last level closed above.

    The extremes keep the image's own precision, and so do the edges, as they do there.
    """
    if options.get("binCount") is not None:
        edges = np.histogram_bin_edges(np.array([lowest, highest]), options["binCount"])
        edges[-1] += 1
        return edges
    width = options.get("binWidth", WIDTH)
    multiples = np.arange(lowest - lowest % width, highest + 2 * width, width)
    return multiples if len(multiples) > 1 else np.array([multiples[0] - 0.5, multiples[0] + 0.5])


@compiled
def _between(values: Floats, edges: Floats) -> Ints:
    out = np.empty(values.size, np.int32)
    width, last = edges[1] - edges[0], edges.size - 1
    for k in range(values.size):
        value = values[k]
        place = min(max(int((value - edges[0]) / width), 0), last)
        while place > 0 and value < edges[place]:
            place -= 1
        while place < last and value >= edges[place + 1]:
            place += 1
        out[k] = place + 1
    return out


def ibsi_levels(
    values: NDArray[np.generic], how: FixedBinSize | FixedBinNumber, lower: float | None, most: int
) -> Ints:
    """Return the level of each value as IBSI defines it; `lower` is the re-segmentation's lower bound, if it has one.

    Raises RefusedError where there would be more than `most` levels, or a value lies below level 1.
    """
    floats = values.astype(np.float64)
    smallest, largest = float(floats.min()), float(floats.max())
    if isinstance(how, FixedBinNumber):
        _check(how.levels, most)
        if largest == smallest:
            return np.ones(floats.size, dtype=np.int32)
        level = np.floor(how.levels * (floats - smallest) / (largest - smallest)) + 1
        return np.asarray(np.minimum(level, how.levels), dtype=np.int32)
    lowest = how.lowest if how.lowest is not None else smallest if lower is None else lower
    if smallest < lowest:
        raise RefusedError(
            RegionStatus.ERROR,
            f"every value must be at least {lowest:g}, the lower edge of level 1. Found {smallest:g}; lower "
            "`discretisation.lowest`, or set `resegment_range`",
        )
    _check(floor((largest - lowest) / how.width) + 1, most)
    found: Ints = (np.floor((floats - lowest) / how.width) + 1).astype(np.int32)
    return found


def _check(count: float, most: int) -> None:
    if count > most:
        raise RefusedError(
            RegionStatus.ERROR,
            f"grey levels must be at most {most} (`max_levels`). Found {count:.0f}: is a voxel an artefact, or the bin "
            "width too small?",
        )
