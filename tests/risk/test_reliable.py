"""Features are kept by how they agree over repeats of training cases alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medmtl.errors import MedmtlError
from medmtl.members import build
from medmtl.risk.rows import Block
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.reliable import Reliable

CASES = [f"c{number}" for number in range(20)]
FEATURES = np.random.default_rng(1).normal(size=(20, 3))
BLOCK = Block(("pet_steady", "pet_shaky", "ct_steady"), FEATURES)
NOTHING = (np.zeros(20), np.zeros(20, dtype=bool))


def _repeats(folder: Path, ends: str = "csv", noise_of_others: float = 0.0) -> str:
    """Write repeats of the 20 cases, and of 20 others in which `steady` is not steady where noise is given."""
    rng = np.random.default_rng(0)
    rows = []
    for line, case in enumerate([*CASES, *(f"other{n}" for n in range(20))]):
        level = rng.normal()
        for change in ("unchanged", "grown", "noise 1"):
            shake = noise_of_others if case.startswith("other") else 0.05
            rows.append((case, line, "label 1", change, level + shake * rng.normal(), rng.normal()))
    names = ["case_id", "line", "part", "perturbation", "steady", "shaky"]
    table = pd.DataFrame(rows, columns=names)
    path = folder / f"repeats.{ends}"
    table.to_parquet(path) if ends == "parquet" else table.to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize("ends", ["csv", "parquet"])
def test_what_agrees_stays_and_so_does_what_was_not_repeated(tmp_path: Path, ends: str) -> None:
    chosen = Reliable(_repeats(tmp_path, ends), prefix="pet_").choose_for(CASES, BLOCK, *NOTHING)
    assert chosen == ("pet_steady", "ct_steady")


def test_what_is_constant_or_unknown_is_never_chosen(tmp_path: Path) -> None:
    block = Block(
        (*BLOCK.names, "flat", "unknown"),
        np.hstack([FEATURES, np.ones((20, 1)), np.full((20, 1), np.nan)]),
    )
    chosen = Reliable(_repeats(tmp_path), prefix="pet_").choose_for(CASES, block, *NOTHING)
    assert chosen == ("pet_steady", "ct_steady")


def test_cases_that_are_held_out_have_no_say(tmp_path: Path) -> None:
    path = _repeats(tmp_path, noise_of_others=100.0)
    assert "pet_steady" in Reliable(path, prefix="pet_").choose_for(CASES, BLOCK, *NOTHING)
    others = [f"other{n}" for n in range(20)]
    assert "pet_steady" not in Reliable(path, prefix="pet_").choose_for(others, BLOCK, *NOTHING)


def test_it_is_named_in_yaml_and_refuses_what_it_cannot_know(tmp_path: Path) -> None:
    path = _repeats(tmp_path)
    named = {"class_path": "medmtl.risk.selectors.reliable.Reliable", "init_args": {"repeats": path, "source": "image"}}
    assert isinstance(build(named, Selector), Reliable)
    with pytest.raises(MedmtlError, match="which cases are for training"):
        Reliable(path).choose(BLOCK, *NOTHING)
    with pytest.raises(MedmtlError, match="Found none of them"):
        Reliable(path).choose_for(["x"], BLOCK, *NOTHING)
    with pytest.raises(MedmtlError, match="must be one of label 1"):
        Reliable(path, part="union").choose_for(CASES, BLOCK, *NOTHING)
    with pytest.raises(MedmtlError, match="does not exist"):
        Reliable(str(tmp_path / "none.csv")).choose_for(CASES, BLOCK, *NOTHING)
