"""Batch norms whose running figures stand still, for a pass that inference must not be shaped by."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def tracking_norms(module: nn.Module) -> list[_BatchNorm]:
    """Return the batch norms that keep running figures."""
    return [one for one in module.modules() if isinstance(one, _BatchNorm) and one.track_running_stats]


@contextmanager
def running_figures_kept(module: nn.Module) -> Iterator[None]:
    """Let batch norms use the figures of the batch in training, as always, and leave the running ones as they are."""
    norms = tracking_norms(module)
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
