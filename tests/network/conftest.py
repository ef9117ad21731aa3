"""Small networks and the inputs that they look at."""

import pytest
import torch

from medmtl.members import Member
from medmtl.network import MultiTaskNetwork, build_network
from medmtl.network_settings import NetworkSettings
from medmtl.tensors import Batch, Inputs, Survival

ENCODER: Member = {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [4, 8]}}
SEGMENTATION: Member = {"class_path": "medmtl.tasks.segmentation.Segmentation"}
SMALL = {"dense_layers": [1, 1], "growth": 2, "hidden": 4, "dropout": 0.0}


def _survival(**options) -> Member:
    return {"class_path": "medmtl.tasks.cascaded_survival.CascadedSurvival", "init_args": SMALL | options}


def _network(tasks: dict[str, Member] | None = None, clinical: int = 3, classes: int = 2) -> MultiTaskNetwork:
    torch.manual_seed(0)
    both = {"segmentation": SEGMENTATION, "survival": _survival()}
    settings = NetworkSettings(encoder=ENCODER, tasks=both if tasks is None else tasks)
    return build_network(settings, clinical, classes, "pfs")


def _inputs(n: int = 2, edge: int = 16, clinical: int = 3, seed: int = 0) -> Inputs:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(n, 2, edge, edge, edge, generator=generator)
    return Inputs(image, torch.randn(n, clinical, generator=generator))


def _batch(n: int = 2, edge: int = 16) -> Batch:
    inputs = _inputs(n, edge)
    mask = (inputs.image[:, 0] > 1).long()
    outcomes = Survival(torch.arange(n) + 1.0, torch.ones(n, dtype=torch.bool), torch.ones(n, dtype=torch.bool))
    return Batch([f"case-{i}" for i in range(n)], inputs, mask, torch.ones(n, dtype=torch.bool), {"pfs": outcomes})


@pytest.fixture
def survival():
    """Describe a small survival task with these options."""
    return _survival


@pytest.fixture
def make_network():
    """Build a small network."""
    return _network


@pytest.fixture
def make_inputs():
    """Make inputs of n cases."""
    return _inputs


@pytest.fixture
def make_batch():
    """Make a batch of n cases whose labels are all known."""
    return _batch
