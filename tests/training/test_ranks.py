"""Two processes that train together end where one process ends."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import cut_pyramids
from medmtl.balancing.ranks import agreed, world_size
from medmtl.losses.base import TaskLoss
from medmtl.members import Member, build
from medmtl.network import MultiTaskNetwork, build_network
from medmtl.network_settings import NetworkSettings
from medmtl.records import Endpoint
from medmtl.tasks.base import Known
from medmtl.tensors import Batch, Inputs, Survival
from medmtl.training.fit import train_fold
from medmtl.training.saved import load_model

TASKS = "medmtl.tasks"
NETWORK = NetworkSettings.model_validate(
    {
        "encoder": {"class_path": "medmtl.encoders.plain.PlainEncoder", "init_args": {"widths": [4, 8]}},
        "tasks": {
            "image": {"class_path": f"{TASKS}.reconstruction.Reconstruction"},
            "survival": {"class_path": f"{TASKS}.pooled_survival.PooledSurvival", "init_args": {"dropout": 0.0}},
        },
    }
)
OUTCOMES = {f"case-{i}": Endpoint(50.0 + 13 * i % 40, event=i % 3 != 0) for i in range(8)}
BALANCERS = [
    "weighted_sum.WeightedSum",
    "normalised_sum.NormalisedSum",
    "famo.Famo",
    "mgda.Mgda",
    "pcgrad.PcGrad",
    "upgrad.UpGrad",
    "mgda_ub.MgdaUpperBound",
    "gradnorm.GradNorm",
]


def batch_of(step: int, part: slice) -> Batch:
    """Four cases; the second half of them lacks an outcome in odd steps, so that a process may say nothing."""
    generator = torch.Generator().manual_seed(step)
    ids = [f"case-{(2 * step + i) % 8}" if step % 2 == 0 or i < 2 else f"unknown-{i}" for i in range(4)]
    image = torch.randn(4, 2, 8, 8, 8, generator=generator)
    seen = [OUTCOMES.get(case, Endpoint(0.0, event=False)) for case in ids]
    survival = Survival(
        torch.tensor([one.time_days for one in seen])[part],
        torch.tensor([one.event for one in seen])[part],
        torch.tensor([case in OUTCOMES for case in ids])[part],
    )
    none = torch.zeros(4, 8, 8, 8, dtype=torch.int64)[part]
    inputs = Inputs(image[part], torch.zeros(4, 0)[part])
    return Batch(ids[part], inputs, none, torch.zeros(len(none), dtype=torch.bool), {"pfs": survival})


def losses_of(network: MultiTaskNetwork, losses: Mapping[str, torch.nn.Module], batch: Batch, cut: bool):
    pyramids, found = network.encode(batch.inputs), None
    if cut:
        found, pyramids = cut_pyramids(pyramids, network.sharing, network.tasks)
    predictions = network.answer(pyramids, batch.inputs)
    told: dict[str, TaskLoss] = {name: losses[name](predictions[name], batch) for name in predictions}
    return agreed(told), found


def train(name: str, part: slice) -> dict[str, Tensor]:
    """Take some steps on this part of every batch, with gradients averaged over the processes."""
    torch.manual_seed(0)
    network = build_network(NETWORK, 0, 2, "pfs").train()
    losses = {name: task.loss(Known({"pfs": OUTCOMES})) for name, task in network.named_tasks().items()}
    member: Member = {"class_path": f"medmtl.balancing.{name}"}
    balancer = build(member, Balancer, tuple(losses))  # type: ignore[type-abstract]
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    for step in range(5):
        batch = batch_of(step, part)
        found, cut = losses_of(network, losses, batch, balancer.reads_gradients)
        optimiser.zero_grad()
        (balancer(found) if cut is None else balancer(found, cut)).backward()
        for parameter in network.parameters():
            if world_size() > 1 and parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= world_size()
        optimiser.step()
        if balancer.looks_again:
            with torch.no_grad():
                balancer.look_again(losses_of(network, losses, batch, cut=False)[0])
    return {key: value.detach().clone() for key, value in network.state_dict().items()}


def work(rank: int, folder: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    found = {name: train(name, slice(2 * rank, 2 * rank + 2)) for name in BALANCERS}
    torch.save(found, f"{folder}/rank_{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, Tensor]]]:
    folder: Path = tmp_path_factory.mktemp("ranks")
    torch.multiprocessing.spawn(work, (str(folder),), nprocs=2)
    return [torch.load(folder / f"rank_{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.parametrize("name", BALANCERS)
def test_two_processes_agree_with_each_other_and_with_one(name: str, ranks) -> None:
    first, second = (one[name] for one in ranks)
    alone = train(name, slice(0, 4))
    for key, value in alone.items():
        torch.testing.assert_close(first[key], second[key], rtol=0, atol=0)
        torch.testing.assert_close(first[key], value, rtol=2e-4, atol=1e-5)


def test_losses_that_are_agreed_on_keep_the_order_of_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medmtl.balancing.ranks.world_size", lambda: 2)
    monkeypatch.setattr(dist, "all_reduce", lambda _: None)
    told = {name: TaskLoss(torch.tensor(place), active=True) for name, place in (("b", 1.0), ("c", 2.0), ("a", 3.0))}
    assert {name: loss.value.item() for name, loss in agreed(told).items()} == {"b": 1.0, "c": 2.0, "a": 3.0}
    assert list(agreed(told)) == ["b", "c", "a"]


@pytest.mark.slow
def test_a_fold_is_trained_by_two_processes(material, tmp_path: Path) -> None:
    recipe = material.recipe
    training = recipe.training.model_copy(update={"devices": 2, "epochs": 2})
    together = recipe._replace(training=training, data=recipe.data.model_copy(update={"batch_size": 4}))
    model = train_fold(material.fold, material.cohort, material.files, together, tmp_path)
    assert load_model(model)[1].trained_on == (*material.fold.train, *material.fold.validate)
    lines = (tmp_path / "metrics.csv").read_text().splitlines()
    assert len(lines) == 1 + 2
