"""Brings together what several processes found of their parts of a batch, gradients included."""

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.nn.functional import all_gather


def gathered(rows: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows and values [n] of all processes, in their order; the same tensors where there is but one.

    The gradient of the values reaches every process. Each process must give as many; those of another length raise.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows, values
    all_rows = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
    dist.all_gather(all_rows, rows)
    return torch.cat(all_rows), torch.cat(list(all_gather(values)))  # type: ignore[no-untyped-call]
