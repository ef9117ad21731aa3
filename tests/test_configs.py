"""Every experiment that is shipped is valid, and its network can be built."""

from pathlib import Path

import pytest
import torch

from medmtl.balancing.base import Balancer
from medmtl.cohort.synthetic import COLUMNS
from medmtl.experiment import read_experiment
from medmtl.members import build
from medmtl.network import build_network, check_network
from medmtl.stages.demo import shipped_config
from medmtl.tensors import Inputs

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


def test_the_experiments_of_the_documentation_are_there() -> None:
    assert {"demo.yaml", "sts.yaml"} <= {path.name for path in CONFIGS}
    assert shipped_config("demo.yaml").read_text() == CONFIGS[0].with_name("demo.yaml").read_text()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_an_experiment_builds_its_network_and_balancer(path: Path) -> None:
    experiment = read_experiment(path)
    classes = 1 + len(experiment.prepare.labels)
    network = build_network(experiment.network, len(COLUMNS), classes, experiment.endpoint)
    check_network(network, experiment.data.patch)
    found = network.eval()(Inputs(torch.zeros(1, 2, 32, 32, 32), torch.zeros(1, len(COLUMNS))))
    assert found["segmentation"].shape == (1, classes, 32, 32, 32)
    assert ("survival" in found) == (experiment.endpoint is not None)
    assert network.risk_task is None or found[network.risk_task].shape == (1,)
    build(experiment.balancer, Balancer, tuple(network.named_tasks()))  # type: ignore[type-abstract]
