from pathlib import Path

import numpy as np
import pytest

from medmtl.imaging.prepared import PreparedCase, save_prepared
from medmtl.records import Grid
from medmtl.stages.copies import copied_cases

GRID = Grid((4, 3, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))


def _image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, 2, 3, 4)).astype(np.float32)


def _saved(folder: Path, case_id: str, image: np.ndarray, grid: Grid = GRID) -> Path:
    save_prepared(PreparedCase(case_id, image, None, grid), folder / f"{case_id}-0.npz")
    return folder / f"{case_id}-0.npz"


@pytest.mark.parametrize("channel", [0, 1])
def test_a_case_that_shares_the_pet_or_the_ct_of_another_is_named(channel: int, tmp_path: Path) -> None:
    second = _image(1)
    second[channel] = _image(0)[channel]
    files = {"a": _saved(tmp_path, "a", _image(0)), "b": _saved(tmp_path, "b", _image(2))}
    files["c"] = _saved(tmp_path, "c", second)

    found = copied_cases(files, 1)

    assert list(found) == ["c"]
    assert f"{['PET', 'CT'][channel]} must be of this case alone. Case a has the same voxels" in found["c"]


def test_the_same_numbers_elsewhere_or_of_one_value_alone_are_no_copy(tmp_path: Path) -> None:
    moved, empty = Grid(GRID.size, GRID.spacing, (1.0, 0.0, 0.0)), np.zeros((2, 2, 3, 4), np.float32)
    files = {"a": _saved(tmp_path, "a", _image(0)), "b": _saved(tmp_path, "b", _image(0), moved)}
    files |= {name: _saved(tmp_path, name, empty) for name in ("c", "d")}

    assert copied_cases(files, 1) == {}
