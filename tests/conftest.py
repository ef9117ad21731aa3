"""What every test may use."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; more threads would wait for each other

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The published patients, where they lie beside the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the published patients are not at {folder}")
    return folder
