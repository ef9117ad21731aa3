"""Every member of a family, found by itself, keeps the promise of its base."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
import torch
from torch import nn

import medmtl.balancing
import medmtl.encoders
import medmtl.losses
import medmtl.sharing
import medmtl.tasks
from medmtl.balancing.base import Balancer
from medmtl.balancing.cut import cut_pyramids
from medmtl.balancing.pcd import PriorityDescent
from medmtl.balancing.phases import Phases
from medmtl.balancing.random_weights import RandomWeights
from medmtl.balancing.seeded import SeededBalancer
from medmtl.balancing.stopping import TaskwiseStopping
from medmtl.encoders.base import Encoder
from medmtl.losses.base import Loss, TaskLoss
from medmtl.records import Endpoint
from medmtl.sharing.base import Sharing
from medmtl.tasks.base import Gives, Known, Task, TaskContext
from medmtl.tasks.classification import Classification
from medmtl.tasks.expectation import Expectation
from medmtl.tasks.pet_synthesis import PetSynthesis
from medmtl.tasks.reconstruction import Reconstruction
from medmtl.tasks.regression import Regression
from medmtl.tensors import Inputs, Label

LEVELS = {"hpv": ("no", "yes"), "stage": ("I", "II", "III"), "age": (), "centre": ("A", "B")}
CONTEXT = TaskContext(channels=(4, 8), clinical=3, classes=3, endpoint="pfs", levels=LEVELS)
OPTIONS: dict[type, dict[str, object]] = {
    Classification: {"label": "hpv"},
    Expectation: {"label": "age", "low": 0.0, "high": 90.0},
    Regression: {"label": "age"},
}
NEEDED: dict[type, dict[str, object]] = {
    Phases: {"first": ["one"], "epochs": 1},
    TaskwiseStopping: {"may_stop": ["two"]},
}
IDS = ("case-0", "case-1")
KNOWN = Known(
    {"pfs": {case_id: Endpoint(place + 1.0, True) for place, case_id in enumerate(IDS)}},
    {name: dict(zip(IDS, (0.0, 1.0), strict=True)) for name in LEVELS},
)
LABELS = {name: Label(torch.tensor([0.0, 1.0]), torch.ones(2, dtype=torch.bool)) for name in LEVELS}


def members(package, base: type) -> list[type]:
    """Return the concrete classes of the family in its folder."""
    return [one for one in _members(package, base) if not inspect.isabstract(one)]


def _members(package, base: type) -> Iterator[type]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for one in vars(importlib.import_module(found.name)).values():
            if inspect.isclass(one) and one.__module__ == found.name and issubclass(one, base):
                yield one


def predictions(task: Task, inputs: Inputs) -> torch.Tensor:
    pyramid = (torch.randn(2, 4, 16, 16, 16), torch.randn(2, 8, 8, 8, 8))
    earlier = {name: torch.rand(2, 3, 16, 16, 16).softmax(dim=1) for name in task.reads}
    return task(pyramid, inputs, earlier)


def made(kind: type[Balancer], tasks: tuple[str, ...]) -> Balancer:
    return kind(tasks, **NEEDED.get(kind, {}))


def balanced(
    kind: type[Balancer] | Balancer,
    active: tuple[str, ...],
    silent: tuple[str, ...] = (),
    *,
    seed: int = 0,
    flat: tuple[str, ...] = (),
    as_float: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the scalar and its gradient on the weight of a shared layer that two conflicting tasks read."""
    balancer = made(kind, ("one", "two")) if isinstance(kind, type) else kind
    generator = torch.Generator().manual_seed(seed)
    shared, heads, x = nn.Linear(3, 4, bias=False), nn.Identity(), torch.randn(2, 3, generator=generator)
    shared.weight.data = torch.randn(4, 3, generator=generator)
    with torch.autocast("cpu", enabled=not as_float and torch.is_autocast_enabled("cpu")):
        found = shared(x)
    aims = {"one": found.detach() + torch.tensor([1.0, 0, 2, -1]), "two": found.detach() - torch.tensor([0.5, 1, 1, 0])}
    cut, behind = cut_pyramids({"one": (found,)}, shared, heads)
    read = behind["one"][0] if balancer.reads_gradients else found
    losses = {name: TaskLoss((read - aims[name]).square().mean(), active=True) for name in active}
    losses |= {name: TaskLoss(read.sum() * 0.0, active=False) for name in silent}
    losses |= {name: TaskLoss(read.sum() * 0.0 + 1, active=True) for name in flat}
    total = balancer(losses, cut if balancer.reads_gradients else None)
    total.backward()
    balancer.look_again({name: TaskLoss(loss.value.detach() * 0.9, loss.active) for name, loss in losses.items()})
    assert shared.weight.grad is not None
    return total, shared.weight.grad


@pytest.mark.parametrize("family", ["balancing", "encoders", "losses", "sharing", "tasks"])
def test_a_family_has_members(family: str) -> None:
    bases = {"balancing": Balancer, "encoders": Encoder, "losses": Loss, "sharing": Sharing, "tasks": Task}
    assert members(getattr(medmtl, family), bases[family])


@pytest.mark.parametrize("kind", members(medmtl.encoders, Encoder))
def test_an_encoder_gives_a_pyramid_that_halves(kind: type[Encoder]) -> None:
    encoder = kind()
    step = 2 ** (len(encoder.channels) - 1)
    edges = (2 * step, step, step)
    pyramid = encoder(torch.randn(2, 2, *edges))
    assert tuple(maps.shape[1] for maps in pyramid) == encoder.channels
    sizes = [tuple(edge // 2**level for edge in edges) for level in range(len(pyramid))]
    assert [tuple(maps.shape[2:]) for maps in pyramid] == sizes


@pytest.mark.parametrize("kind", members(medmtl.encoders, Encoder))
def test_an_encoder_learns_in_every_weight_and_sees_both_images(kind: type[Encoder]) -> None:
    encoder = kind()
    edge = 2 ** (len(encoder.channels) - 1) * 2
    image = torch.randn(1, 2, edge, edge, edge, requires_grad=True)
    sum(maps.square().sum() for maps in encoder(image)).backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in encoder.parameters())
    assert image.grad is not None
    assert image.grad.abs().sum(dim=(0, 2, 3, 4)).min() > 0


@pytest.mark.parametrize("kind", members(medmtl.sharing, Sharing))
def test_sharing_gives_every_task_a_pyramid(kind: type[Sharing]) -> None:
    encoder = {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [4, 8]}}
    sharing = kind(encoder, ("one", "two"))
    found = sharing(torch.randn(1, 2, 16, 16, 16))
    assert list(found) == ["one", "two"]
    assert all(tuple(maps.shape[1] for maps in pyramid) == sharing.channels for pyramid in found.values())


@pytest.mark.parametrize("kind", members(medmtl.tasks, Task))
def test_a_task_predicts_a_map_or_numbers_and_reads_them_as_float(kind: type[Task], make_inputs) -> None:
    task = kind(CONTEXT, **OPTIONS.get(kind, {}))
    found = task.read(predictions(task, make_inputs()))
    assert found.dtype == torch.float32
    shapes = {Gives.MASK: (2, 3, 16, 16, 16), Gives.LOG_HAZARD: (2,)}
    assert tuple(found.shape) == shapes.get(task.gives, tuple(found.shape))
    assert found.shape[0] == 2
    assert found.shape[2:] == ((16, 16, 16) if task.dense else ())


@pytest.mark.parametrize("kind", members(medmtl.tasks, Task))
def test_a_tasks_loss_teaches_it_and_is_nought_where_nothing_is_known(
    kind: type[Task], make_inputs, make_batch
) -> None:
    task, batch = kind(CONTEXT, **OPTIONS.get(kind, {})), make_batch()._replace(labels=LABELS)
    loss = task.loss(KNOWN)
    told = loss(predictions(task, make_inputs()), batch)
    told.value.backward()
    assert told.active
    assert told.value.item() >= 0
    assert any(p.grad is not None and bool(p.grad.any()) for p in task.parameters())
    if kind in {Reconstruction, PetSynthesis}:  # the image itself is its label
        return
    unknown = {name: label._replace(known=torch.zeros(2, dtype=torch.bool)) for name, label in LABELS.items()}
    blank = batch._replace(
        case_ids=["x", "y"], mask_known=torch.zeros(2, dtype=torch.bool), survival={}, labels=unknown
    )
    silent = loss(predictions(task, make_inputs()), blank)
    assert (silent.value.item(), silent.active) == (0.0, False)
    assert silent.value.requires_grad


@pytest.mark.parametrize("kind", members(medmtl.balancing, Balancer))
def test_a_balancer_gives_one_finite_scalar_that_teaches_every_task(kind: type[Balancer]) -> None:
    total, weights = balanced(kind, ("one", "two"))
    assert total.shape == ()
    assert torch.isfinite(total)
    assert bool(weights.isfinite().all())
    assert weights.any()


@pytest.mark.parametrize("kind", members(medmtl.balancing, Balancer))
def test_a_task_that_said_nothing_leaves_the_others_as_they_are(kind: type[Balancer]) -> None:
    with_silent = balanced(kind, ("one",), silent=("two",))[1]
    torch.testing.assert_close(with_silent, balanced(kind, ("one",))[1], rtol=0, atol=0)
    assert bool(with_silent.any())


@pytest.mark.parametrize("kind", members(medmtl.balancing, Balancer))
def test_a_batch_without_any_label_moves_nothing(kind: type[Balancer]) -> None:
    total, weights = balanced(kind, (), silent=("one", "two"))
    assert total.item() == 0
    assert not bool(weights.any())


@pytest.mark.parametrize("kind", members(medmtl.balancing, Balancer))
def test_a_balancer_goes_on_from_its_state_as_if_it_had_never_stopped(kind: type[Balancer]) -> None:
    def steps(balancer: Balancer, first: int, last: int) -> torch.Tensor:
        for step in range(first, last):
            found = balanced(balancer, ("one", "two"), seed=step)[1]
            balancer.end_epoch()
        return found

    whole, stopped, resumed = (made(kind, ("one", "two")) for _ in range(3))
    expected = steps(whole, 0, 5)
    steps(stopped, 0, 3)
    resumed.load_state_dict(stopped.state_dict())
    torch.testing.assert_close(steps(resumed, 3, 5), expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", members(medmtl.balancing, Balancer))
def test_the_order_of_the_tasks_does_not_matter(kind: type[Balancer]) -> None:
    if issubclass(kind, SeededBalancer | RandomWeights | PriorityDescent):
        pytest.skip("draws one number per task, or has a first task")
    forward, backward = made(kind, ("one", "two")), made(kind, ("two", "one"))
    found = [balanced(forward, ("one", "two"))[1], balanced(backward, ("two", "one"))[1]]
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [one for one in members(medmtl.balancing, Balancer) if one.reads_gradients])
def test_a_task_that_pulls_at_nothing_leaves_the_others_as_they_are(kind: type[Balancer]) -> None:
    found, alone = (balanced(kind, ("one",), **told)[1] for told in ({"flat": ("two",)}, {"silent": ("two",)}))
    torch.testing.assert_close(found, alone, rtol=0, atol=0)
    assert bool(found.any())


@pytest.mark.parametrize("kind", [one for one in members(medmtl.balancing, Balancer) if one.reads_gradients])
def test_a_direction_is_found_in_float32_where_the_network_runs_in_bf16(kind: type[Balancer]) -> None:
    plain = balanced(kind, ("one", "two"))[1]
    with torch.autocast("cpu", torch.bfloat16):
        mixed = balanced(kind, ("one", "two"), as_float=True)[1]
    torch.testing.assert_close(mixed, plain, rtol=1e-5, atol=1e-6)
