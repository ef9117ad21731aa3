"""Classes, ordered classes, numbers, lesions and adversaries learn what they are shown, and hide what they must."""

import pytest
import torch

from medmtl.errors import MedmtlError
from medmtl.losses.label import ClassLoss, OrdinalLoss
from medmtl.tasks.adversary import Adversary
from medmtl.tasks.base import Known, TaskContext
from medmtl.tasks.classification import Classification
from medmtl.tasks.lesion import LesionCentroid
from medmtl.tasks.popart import PopArt
from medmtl.tasks.reconstruction import Reconstruction
from medmtl.tasks.regression import Regression

LEVELS = {"hpv": ("no", "yes"), "stage": ("I", "II", "III"), "age": (), "centre": ("A", "B")}
CONTEXT = TaskContext((4, 8), clinical=0, classes=2, endpoint="pfs", levels=LEVELS)
NAN = float("nan")


def pyramid(n: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 4, 8, 8, 8, generator=generator), torch.randn(n, 8, 4, 4, 4, generator=generator)


def test_rare_classes_weigh_more_and_cases_without_a_label_nothing(make_batch) -> None:
    loss = ClassLoss("hpv", 2, {"a": 0.0, "b": 0.0, "c": 0.0, "d": 1.0})
    assert loss.weight.tolist() == pytest.approx([4 / 6, 2.0])
    logits = torch.tensor([[0.2, 1.0], [0.5, 0.5], [2.0, -1.0]], requires_grad=True)
    found = loss(logits, make_batch(labels={"hpv": [1.0, NAN, 0.0]})).value
    each = -logits.log_softmax(dim=1)
    assert found.item() == pytest.approx((2.0 * each[0, 1] + 4 / 6 * each[2, 0]).item() / 2)
    found.backward()
    assert not bool(logits.grad[1].any())


def test_ordered_levels_have_probabilities_that_sum_to_one_and_move_in_order(make_batch) -> None:
    task = Classification(CONTEXT, "stage", ordinal=True).eval()
    found = task.read(task(pyramid(), make_batch(labels={"stage": [0.0] * 3}).inputs, {}))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))
    assert bool((found >= 0).all())
    score = torch.tensor([[-3.0], [0.0], [3.0]]) - torch.nn.functional.softplus(task.steps.detach()).cumsum(0)
    assert task.read(score).argmax(dim=1).tolist() == [0, 0, 2]


def test_the_ordinal_loss_is_least_at_the_true_level(make_batch) -> None:
    batch = make_batch(labels={"stage": [0.0, 1.0, 2.0]})
    right = torch.tensor([[-9.0, -9.0], [9.0, -9.0], [9.0, 9.0]])
    assert OrdinalLoss("stage")(right, batch).value.item() < 1e-3
    assert OrdinalLoss("stage")(-right, batch).value.item() > 5


def test_a_class_is_scored_by_its_balanced_accuracy(make_batch) -> None:
    task = Classification(CONTEXT, "hpv")
    readings = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    judged = [
        task.judge(reading, make_batch(labels={"hpv": [level]}))
        for reading, level in zip(readings, [0.0, 0.0, 1.0, 1.0], strict=True)
    ]
    assert task.score(judged) == {"balanced_accuracy": pytest.approx(0.75)}
    assert task.judge(readings[0], make_batch(labels={"hpv": [NAN]})) is None


def test_popart_keeps_every_output_while_the_scale_moves() -> None:
    torch.manual_seed(0)
    head, x = PopArt(5, rate=0.5), torch.randn(7, 5)
    before = head.restore(head(x))
    for _ in range(20):
        head.normalise(torch.tensor([900.0, 1100.0]))
        torch.testing.assert_close(head.restore(head(x)), before, rtol=1e-4, atol=1e-3)
    assert head.mean.item() == pytest.approx(1000.0, rel=1e-3)
    assert head.deviation.item() == pytest.approx(100.0, rel=2e-2)


def test_a_unit_a_thousand_times_larger_does_not_shout_at_the_shared_part(make_batch) -> None:
    def taught(unit: float) -> torch.Tensor:
        torch.manual_seed(0)
        task, maps = Regression(CONTEXT, "age", rate=0.3), [m.requires_grad_() for m in pyramid()]
        batch = make_batch(labels={"age": [unit * 1.0, unit * 2.0, unit * 4.0]})
        optimiser = torch.optim.Adam(task.parameters(), lr=1e-3)
        for _ in range(60):
            value = task.loss(Known())(task(tuple(maps), batch.inputs, {}), batch).value
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
        value = task.loss(Known())(task(tuple(maps), batch.inputs, {}), batch).value
        return torch.autograd.grad(value, maps[0])[0]

    assert 0.5 < float(taught(1000.0).norm() / taught(1.0).norm()) < 2.0


def test_the_adversary_learns_and_sends_back_the_reverse(make_batch) -> None:
    task = Adversary(CONTEXT, strength=0.5, steps=1)
    batch = make_batch(labels={"centre": [0.0, 1.0, 0.0]})
    loss = task.loss(Known(labels={"centre": {"a": 0.0, "b": 1.0}}))
    task.step.fill_(10)
    maps = [m.requires_grad_() for m in pyramid()]
    found = torch.autograd.grad(loss(task(tuple(maps), batch.inputs, {}), batch).value, maps[1])[0]
    straight = loss(task.head(tuple(maps)), batch).value
    torch.testing.assert_close(found, -0.5 * torch.autograd.grad(straight, maps[1])[0], rtol=1e-3, atol=1e-8)


def test_the_adversary_begins_without_a_word(make_batch) -> None:
    task, maps = Adversary(CONTEXT), [m.requires_grad_() for m in pyramid()]
    value = task(tuple(maps), make_batch(labels={"centre": [0.0] * 3}).inputs, {}).sum()
    assert not bool(torch.autograd.grad(value, maps[0])[0].any())


def test_a_lesion_is_found_where_it_is(make_batch) -> None:
    mask = torch.zeros(2, 8, 8, 8)
    mask[0, 2:4, 5:7, 1:3] = 1
    batch = make_batch(mask=mask)
    loss = LesionCentroid(CONTEXT).loss(Known())
    right = torch.tensor([[3 / 8, 6 / 8, 2 / 8, 20.0], [0.5, 0.5, 0.5, -20.0]])
    assert loss(right, batch).value.item() == pytest.approx(0.0, abs=1e-6)
    assert loss(right + 0.2, batch).value.item() > 0.1


def test_a_reconstruction_does_not_read_the_finest_map(make_batch) -> None:
    task, maps = Reconstruction(CONTEXT), [m.requires_grad_() for m in pyramid()]
    value = task(tuple(maps), make_batch(labels={"age": [1.0] * 3}).inputs, {}).sum()
    finest, coarse = torch.autograd.grad(value, maps, allow_unused=True)
    assert finest is None
    assert bool(coarse.any())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Classification(CONTEXT, "age"), "label must be a nominal or ordinal clinical column"),
        (lambda: Classification(CONTEXT, "hvp"), r"Found 'hvp'; there are \['centre', 'hpv', 'stage'\]"),
        (lambda: Regression(CONTEXT, "hpv"), "label must be a numeric clinical column"),
        (lambda: Adversary(CONTEXT._replace(levels={"centre": ("A",)})), "there are none"),
        (lambda: Reconstruction(CONTEXT, level=2), "level must be from 1 to 1"),
    ],
)
def test_a_label_that_cannot_be_learned_is_refused_with_those_that_can(make, told: str) -> None:
    with pytest.raises(MedmtlError, match=told):
        make()
