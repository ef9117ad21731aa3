"""Prepared cases whose voxels tell where they came from."""

from pathlib import Path

import numpy as np
import pytest

from medmtl.imaging.prepared import PreparedCase, save_prepared
from medmtl.records import Case, Endpoint, Grid

SHAPE = (14, 16, 18)


def _prepared(case_id: str, known: bool) -> PreparedCase:
    """A warm tumour box in a cold PET, a CT that rises along x."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[5:9, 6:11, 7:12] = 1
    ct = np.broadcast_to(np.linspace(-1, 1, SHAPE[2]), SHAPE)
    image = np.stack([mask * 2.0, ct]).astype(np.float32)
    return PreparedCase(case_id, image, mask if known else None, Grid(SHAPE[::-1], (4.0,) * 3, (0.0,) * 3))


@pytest.fixture
def cases() -> tuple[Case, ...]:
    """The first knows everything, the second no mask, the third no endpoint."""
    nowhere = Path("nowhere")
    return (
        Case("a", "A", nowhere, nowhere, nowhere, {"pfs": Endpoint(100.0, True)}),
        Case("b", "A", nowhere, nowhere, None, {"pfs": Endpoint(200.0, False)}),
        Case("c", "A", nowhere, nowhere, nowhere, {}),
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The prepared files by case id."""
    for case_id in "abc":
        save_prepared(_prepared(case_id, known=case_id != "b"), tmp_path / f"{case_id}.npz")
    return {case_id: tmp_path / f"{case_id}.npz" for case_id in "abc"}
