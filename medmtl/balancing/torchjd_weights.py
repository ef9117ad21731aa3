"""The only file that knows TorchJD: the weights and directions that it finds."""

import torch
from torch import Tensor
from torchjd.aggregation import (
    AlignedMTLWeighting,
    ConFIG,
    GradDrop,
    IMTLGWeighting,
    PCGradWeighting,
)


def pcgrad_weights(gramian: Tensor, seed: int) -> Tensor:
    """Return the weights of PCGrad; the order in which conflicts are removed follows from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found: Tensor = PCGradWeighting()(gramian)
    return found


def imtl_g_weights(gramian: Tensor) -> Tensor:
    """Return the weights of IMTL-G."""
    found: Tensor = IMTLGWeighting()(gramian)
    return found


def aligned_weights(gramian: Tensor) -> Tensor:
    """Return the weights of Aligned-MTL."""
    found: Tensor = AlignedMTLWeighting()(gramian)
    return found


def config_direction(jacobian: Tensor) -> Tensor:
    """Return the direction of ConFIG."""
    found: Tensor = ConFIG()(jacobian)
    return found


def graddrop_direction(jacobian: Tensor, seed: int) -> Tensor:
    """Return the direction of GradDrop; what is dropped follows from the seed."""
    devices = [jacobian.device] if jacobian.is_cuda else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        found: Tensor = GradDrop()(jacobian)
    return found
