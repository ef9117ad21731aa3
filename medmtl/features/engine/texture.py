"""All measures of a region's values in one image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.columns import MERGED
from medmtl.features.engine.emphasis import DEPENDENCES, RUNS, ZONES, emphases
from medmtl.features.engine.firstorder import first_order
from medmtl.features.engine.glcm import pair_measures
from medmtl.features.engine.lattice import Lattice
from medmtl.features.engine.matrices import neighbour_matrices, run_matrices, shares_a_line, zone_sizes
from medmtl.features.engine.ngtdm import TONES, tone_differences

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Measures = dict[str, dict[str, float]]


def measure_values(
    values: Floats, levels: Ints, lattice: Lattice, wanted: Mapping[str, Sequence[str]], options: Mapping[str, Any]
) -> Measures:
    """Return the measures of every wanted class but shape, by class and name.

    `values` and `levels` are those of the region's voxels in raster order; `options` are PyRadiomics' settings, with
    `spacing` [mm] (z, y, x), and `merged` where matrices of all directions are merged too; `as_ibsi` where runs count
    in a direction without two voxels on one line, and lonely voxels have no tone difference, as IBSI has it and
    PyRadiomics has not; `top_level` where the highest level lies elsewhere.
    """
    out: Measures = {}
    counts = np.bincount(levels)
    present = np.flatnonzero(counts)
    if "firstorder" in wanted:
        volume, shift = float(np.prod(options["spacing"])), options.get("voxelArrayShift", 0)
        out["firstorder"] = first_order(values, counts[present].astype(np.float64), volume, shift)
    rank = np.zeros(counts.size, dtype=np.int32)
    rank[present] = np.arange(1, present.size + 1)
    ranks = rank[levels]
    grey = _Grey(lattice, *lattice.place(levels, ranks), present.astype(np.float64))
    if wanted.keys() & {"glcm", "gldm", "ngtdm"}:
        out |= _of_neighbours(grey, wanted, options)
    if wanted.keys() & {"glrlm", "glszm"}:
        out |= _of_runs_and_zones(grey, ranks, options)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Grey:
    """Levels in their lattice, likewise the place (from 1) of each among those that occur, and those that occur."""

    lattice: Lattice
    placed: Ints
    ranks: Ints
    levels: Floats


def _of_neighbours(grey: _Grey, wanted: Mapping[str, Sequence[str]], options: Mapping[str, Any]) -> Measures:
    lattice, alpha = grey.lattice, int(options.get("gldm_a", 0))
    pairs, dependences, tones = neighbour_matrices(grey.placed, grey.ranks, lattice.voxels, lattice.steps, alpha)
    if options.get("as_ibsi"):
        tones[:, 0] -= _lonely(grey)
    out: Measures = {"ngtdm": _named(TONES, _of_tones(tones, grey.levels))}
    sizes = np.arange(1.0, dependences.shape[1] + 1)
    out["gldm"] = _named(DEPENDENCES, emphases(dependences, grey.levels, sizes))
    out["gldm"]["DependencePercentage"] = 1.0  # every voxel is the centre of one neighbourhood
    if "glcm" in wanted:
        out["glcm"] = _of_pairs(pairs, grey, "MCC" in wanted["glcm"], options)
    return out


def _lonely(grey: _Grey) -> Floats:
    """Return how many voxels of each level have no other voxel of the region around them."""
    lattice, placed = grey.lattice, grey.placed
    beside = np.zeros(lattice.voxels.size, dtype=bool)
    for step in lattice.steps:
        beside |= (placed[lattice.voxels + step] > 0) | (placed[lattice.voxels - step] > 0)
    ranks = grey.ranks[lattice.voxels[~beside]] - 1
    return np.bincount(ranks, minlength=grey.levels.size).astype(np.float64)


def _of_tones(tones: Floats, levels: Floats) -> Floats:
    counted = tones[:, 0] > 0
    if not counted.any():
        return np.full(len(TONES), np.nan)
    return tone_differences(tones[counted, 0], tones[counted, 1], levels[counted])


def _of_pairs(pairs: Ints, grey: _Grey, with_mcc: bool, options: Mapping[str, Any]) -> dict[str, float]:
    if options.get("symmetricalGLCM", True):
        pairs = pairs + pairs.transpose(0, 2, 1)
    weights = _pair_weights(grey.lattice.offsets, options)
    top = int(options.get("top_level", 0))
    out = pair_measures(_weighted(pairs, weights), grey.levels, with_mcc, top)
    if options.get("merged"):
        whole = pair_measures(pairs.sum(axis=0, keepdims=True), grey.levels, with_mcc, top)
        out |= {name + MERGED: value for name, value in whole.items()}
    return out


def _of_runs_and_zones(grey: _Grey, rows: Ints, options: Mapping[str, Any]) -> Measures:
    lattice, shape = grey.lattice, np.array(grey.lattice.shape, dtype=np.int64)
    runs = run_matrices(grey.ranks, lattice.voxels, lattice.planes, shape, lattice.next_offsets)
    if not options.get("as_ibsi"):
        _drop_lines_of_one(runs, grey.placed, lattice)
    runs = runs[:, :, : int(np.flatnonzero(runs.sum(axis=(0, 1))).max(initial=0)) + 1]
    lengths = np.arange(1.0, runs.shape[2] + 1)
    each = _weighted(runs, _run_weights(lattice.next_offsets, options))
    out = {"glrlm": _average([emphases(one, grey.levels, lengths) for one in each])}
    zones = zone_sizes(grey.ranks, lattice.numbers, lattice.voxels, lattice.next_steps)
    out["glszm"] = _zones(zones, rows, grey.levels)
    if options.get("merged"):
        whole = _named(RUNS, emphases(runs.sum(axis=0), grey.levels, lengths))
        out["glrlm"] |= {name + MERGED: value for name, value in whole.items()}
    return out


def _drop_lines_of_one(runs: Floats, placed: Ints, lattice: Lattice) -> None:
    """Empty a direction in which no two voxels lie on one line, as PyRadiomics does: the region is flat across it."""
    shape = np.array(lattice.shape, dtype=np.int64)
    for matrix, offset in zip(runs, lattice.next_offsets, strict=True):
        if not matrix[:, 1:].any() and not shares_a_line(placed, shape, lattice.voxels, offset):
            matrix[:] = 0.0


def _zones(zones: Ints, row: Ints, grey: Floats) -> dict[str, float]:
    first = zones > 0
    sizes, rows = zones[first], row[first] - 1
    occurring = np.flatnonzero(np.bincount(sizes))
    column = np.zeros(occurring[-1] + 1, dtype=np.int64)
    column[occurring] = np.arange(occurring.size)
    cells = np.bincount(rows * occurring.size + column[sizes], minlength=grey.size * occurring.size)
    counts = cells.reshape(grey.size, occurring.size).astype(np.float64)
    return _named(ZONES, emphases(counts, grey, occurring.astype(np.float64)))


def _weighted(matrices: Floats | Ints, weights: Floats | None) -> Floats:
    if weights is None:
        return np.asarray(matrices, dtype=np.float64)
    return np.tensordot(weights, matrices, axes=1)[None]


def _pair_weights(offsets: NDArray[np.int64], options: Mapping[str, Any]) -> Floats | None:
    reach, norm = np.abs(offsets) * options["spacing"], options.get("weightingNorm")
    if norm is None:
        return None
    distance = {"infinity": reach.max(axis=1), "manhattan": reach.sum(axis=1)}.get(
        norm, np.sqrt((reach**2).sum(axis=1))
    )
    weights: Floats = np.ones(len(offsets)) if norm == "no_weighting" else np.exp(-(distance**2))
    return weights


def _run_weights(offsets: NDArray[np.int64], options: Mapping[str, Any]) -> Floats | None:
    reach, norm = np.abs(offsets) * options["spacing"], options.get("weightingNorm")
    if norm is None:
        return None
    found = {"infinity": reach.max(axis=1), "manhattan": reach.sum(axis=1), "no_weighting": np.ones(len(offsets))}
    weights: Floats = found.get(norm, np.sqrt((reach**2).sum(axis=1)))
    return weights


def _average(rows: Sequence[Floats]) -> dict[str, float]:
    kept = [row for row in rows if not np.isnan(row[0])]
    return _named(RUNS, np.mean(kept, axis=0) if kept else np.full(16, np.nan))


def _named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))
