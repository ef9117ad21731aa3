"""Batches whose labels are chosen by the test."""

from collections.abc import Callable, Sequence

import pytest
import torch

from medmtl.tensors import Batch, Inputs, Label, Survival


def _batch(
    mask: torch.Tensor | None = None,
    days: Sequence[float] = (),
    events: Sequence[bool] = (),
    labels: dict[str, Sequence[float]] | None = None,
) -> Batch:
    """A batch of blank images; a NaN label or time is not known."""
    n = len(mask) if mask is not None else max(len(days), *(len(v) for v in (labels or {"": ()}).values()))
    blank = torch.zeros(n, 8, 8, 8, dtype=torch.int64)
    told = {name: torch.tensor(values, dtype=torch.float32) for name, values in (labels or {}).items()}
    time = torch.tensor(days, dtype=torch.float32)
    survival = Survival(time.nan_to_num(), torch.tensor(events, dtype=torch.bool), ~time.isnan())
    return Batch(
        [f"case-{i}" for i in range(n)],
        Inputs(torch.zeros(n, 2, 8, 8, 8), torch.zeros(n, 0)),
        blank if mask is None else mask.long(),
        torch.full((n,), mask is not None),
        {"pfs": survival} if days else {},
        {name: Label(value.nan_to_num(), ~value.isnan()) for name, value in told.items()},
    )


@pytest.fixture
def make_batch() -> Callable[..., Batch]:
    """Make a batch."""
    return _batch
