"""What every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The published patients, where they lie beside the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"the published patients are not at {folder}")
    return folder
