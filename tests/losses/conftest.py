"""Batches that hold nothing but labels."""

from collections.abc import Sequence

import pytest
import torch

from medmtl.records import Endpoint
from medmtl.tensors import Batch, Inputs

OUTCOMES = {
    "a": Endpoint(10.0, True),
    "b": Endpoint(20.0, False),
    "c": Endpoint(20.0, True),
    "d": Endpoint(30.0, True),
    "e": Endpoint(40.0, False),
    "f": Endpoint(50.0, True),
    "g": Endpoint(60.0, False),
    "h": Endpoint(70.0, False),
}


def _batch(case_ids: Sequence[str], mask: torch.Tensor | None = None, known: Sequence[bool] | None = None) -> Batch:
    n = len(case_ids)
    blank = torch.zeros(n, 4, 4, 4, dtype=torch.long)
    return Batch(
        list(case_ids),
        Inputs(torch.zeros(n, 2, 4, 4, 4), torch.zeros(n, 0)),
        blank if mask is None else mask,
        torch.tensor([True] * n if known is None else list(known)),
        {},
    )


@pytest.fixture
def batch():
    """Make a batch of these cases."""
    return _batch


@pytest.fixture
def outcomes() -> dict[str, Endpoint]:
    """Eight known outcomes, four of them events."""
    return dict(OUTCOMES)
