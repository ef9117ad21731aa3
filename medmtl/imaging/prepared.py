"""A case on its working grid, and the file that keeps it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medmtl.records import Grid
from medmtl.whole_file import whole_file


@dataclass(frozen=True, slots=True, eq=False)
class PreparedCase:
    """A case on its working grid; `image` holds PET and CT normalised, `mask` classes 0..n or nothing."""

    case_id: str
    image: NDArray[np.float32]  # [2, D, H, W]
    mask: NDArray[np.uint8] | None  # [D, H, W]
    grid: Grid


def load_prepared(path: Path) -> PreparedCase:
    """Read a prepared case."""
    with np.load(path, allow_pickle=False) as stored:
        return PreparedCase(str(stored["case_id"]), stored["image"], stored.get("mask"), _grid(stored["grid"]))


def load_grid(path: Path) -> Grid:
    """Read the grid of a prepared case alone."""
    with np.load(path, allow_pickle=False) as stored:
        return _grid(stored["grid"])


def save_prepared(case: PreparedCase, path: Path) -> None:
    """Write a prepared case so that a file of this name is either whole or absent."""
    grid = np.str_(json.dumps(asdict(case.grid)))
    mask = {} if case.mask is None else {"mask": case.mask}
    with whole_file(path) as partial:
        np.savez(partial, allow_pickle=False, case_id=np.str_(case.case_id), grid=grid, image=case.image, **mask)


def _grid(stored: NDArray[np.str_]) -> Grid:
    return Grid(**{key: tuple(values) for key, values in json.loads(str(stored)).items()})
