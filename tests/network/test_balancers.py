"""Balancers give the directions and weights that were published, and those that another library finds."""

import math

import pytest
import torch
import torchjd.aggregation as peers
import torchjd.scalarization as scalar_peers
from torch import nn

from medmtl.balancing.aligned_mtl import AlignedMtl
from medmtl.balancing.cagrad import CaGrad
from medmtl.balancing.chebyshev import SmoothChebyshev
from medmtl.balancing.config import ConFig
from medmtl.balancing.cut import Cut, cut_pyramids
from medmtl.balancing.db_mtl import DualBalancing
from medmtl.balancing.dwa import DynamicWeightAverage
from medmtl.balancing.fairgrad import FairGrad
from medmtl.balancing.famo import Famo
from medmtl.balancing.geometric_mean import GeometricMean
from medmtl.balancing.gradnorm import GradNorm
from medmtl.balancing.gradvac import GradVac
from medmtl.balancing.imtl_g import ImpartialGradients
from medmtl.balancing.imtl_l import ImpartialLosses
from medmtl.balancing.mgda import Mgda
from medmtl.balancing.mgda_ub import MgdaUpperBound
from medmtl.balancing.normalised_sum import NormalisedSum
from medmtl.balancing.pcd import PriorityDescent
from medmtl.balancing.pcgrad import PcGrad
from medmtl.balancing.random_weights import RandomWeights
from medmtl.balancing.uncertainty import UncertaintyWeighting
from medmtl.balancing.upgrad import DualProjection, UpGrad
from medmtl.balancing.weighted_sum import WeightedSum
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.members import build
from medmtl.sharing.base import Sharing

TWO, THREE = ("a", "b"), ("a", "b", "c")
CONFLICT = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
GOLDEN = [  # published by the projects that introduced the matrix, to three digits
    (UpGrad(TWO), [0.2929, 1.9004, 1.9004]),
    (DualProjection(TWO), [0.5563, 1.1109, 1.1109]),
    (Mgda(TWO), [0.0, 1.0, 1.0]),
    (PcGrad(TWO), [0.5848, 3.8012, 3.8012]),
    (AlignedMtl(TWO), [0.2133, 0.9673, 0.9673]),
    (CaGrad(TWO, c=0.5), [0.1835, 1.2041, 1.2041]),
    (CaGrad(TWO, c=0.4), [0.3468, 1.1633, 1.1633]),
    (CaGrad(TWO, c=0.0), [1.0, 1.0, 1.0]),
    (ImpartialGradients(TWO), [0.0767, 1.0, 1.0]),
    (FairGrad(TWO, alpha=1.0), [0.0766, 0.9985, 0.9985]),
    (FairGrad(TWO, alpha=2.0), [0.0313, 0.7908, 0.7908]),
    (ConFig(TWO), [0.1588, 2.0706, 2.0706]),
    (GradVac(TWO), [0.5848, 3.8012, 3.8012]),
    (PriorityDescent(TWO, primary="a"), [-0.82, 2.9434, 2.9434]),
]
HARMLESS = [UpGrad(THREE), DualProjection(THREE), Mgda(THREE), FairGrad(THREE), ImpartialGradients(THREE)]


def jacobians(rows: int, count: int = 20) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randn(rows, 12, generator=generator) + 0.2 for _ in range(count)]


def combined(balancer, values: torch.Tensor, tasks: tuple[str, ...] = THREE) -> tuple[torch.Tensor, torch.Tensor]:
    values = values.clone().requires_grad_()
    total = balancer({name: TaskLoss(value, active=True) for name, value in zip(tasks, values, strict=True)})
    return total, torch.autograd.grad(total, values)[0]


@pytest.mark.parametrize(("balancer", "expected"), GOLDEN, ids=lambda one: type(one).__name__)
def test_the_direction_is_the_published_one(balancer, expected: list[float]) -> None:
    assert balancer.direction(CONFLICT, TWO).tolist() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("balancer", HARMLESS[:3], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("jacobian", jacobians(3), ids=range(20))
def test_no_task_is_harmed_to_first_order(balancer, jacobian: torch.Tensor) -> None:
    found = jacobian @ balancer.direction(jacobian, THREE)
    assert found.min() >= -1e-4 * jacobian.square().sum(dim=1).max()


@pytest.mark.parametrize(
    ("balancer", "peer"),
    [
        (Mgda(THREE), peers.MGDA(epsilon=1e-6, max_iters=100_000)),
        (PriorityDescent(THREE, primary="a", tau=0.3), peers.PCD(tau=0.3)),
        (GradVac(TWO, beta=0.5), peers.GradVac(beta=0.5)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_our_own_agrees_with_torchjd_step_by_step(balancer, peer) -> None:
    for jacobian in jacobians(len(balancer.tasks)):
        found, expected = balancer.direction(jacobian, balancer.tasks), peer(jacobian)
        torch.testing.assert_close(found, expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("kind", [ImpartialGradients, ConFig])
def test_the_units_of_a_loss_do_not_turn_a_method_that_says_so(kind) -> None:
    for jacobian in jacobians(2, 5):
        plain, scaled = (kind(TWO).direction(j, TWO) for j in (jacobian, jacobian * torch.tensor([[1.0], [1000.0]])))
        assert torch.cosine_similarity(plain, scaled, dim=0) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("balancer", [UpGrad(TWO), Mgda(TWO), CaGrad(TWO), PriorityDescent(TWO), DualProjection(TWO)])
def test_gradients_of_nought_give_a_direction_of_nought(balancer) -> None:
    assert not balancer.direction(torch.zeros(2, 3), TWO).any()


@pytest.mark.parametrize(
    ("balancer", "peer"),
    [
        (GeometricMean(THREE), scalar_peers.GeometricMean()),
        (UncertaintyWeighting(THREE), scalar_peers.UW(3)),
        (ImpartialLosses(THREE), scalar_peers.IMTLL(3)),
        (SmoothChebyshev(THREE, mu=0.1), scalar_peers.STCH(0.1)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_scalar_and_its_gradient_agree_with_torchjd(balancer, peer) -> None:
    values = torch.tensor([0.5, 2.0, 1.0])
    total, slope = combined(balancer, values)
    theirs = values.clone().requires_grad_()
    expected = peer(theirs)
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(slope, torch.autograd.grad(expected, theirs)[0])


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
def test_fairgrad_solves_its_equation_whatever_the_size_of_the_gradients(alpha: float, unit: float) -> None:
    for jacobian in jacobians(3):
        gramian = (unit**2 * jacobian @ jacobian.T).double()
        weights = FairGrad(THREE, alpha).weigh(gramian, THREE)
        torch.testing.assert_close(gramian @ weights, weights ** (-1 / alpha), rtol=1e-4, atol=0)


def test_fairgrad_agrees_with_torchjd_where_gradients_are_of_size_one() -> None:
    for jacobian in jacobians(3):
        expected = peers.FairGrad(alpha=1.0)(jacobian)
        torch.testing.assert_close(FairGrad(THREE).direction(jacobian, THREE), expected, rtol=1e-4, atol=1e-4)


def test_fairgrad_keeps_finite_weights_where_gradients_cancel() -> None:
    opposed = torch.tensor([[1.0, 0.0], [-3.0, 0.0]])
    assert FairGrad(TWO).direction(opposed, TWO).abs().max() < 1e-3


def test_famo_weighs_like_torchjd_over_many_steps() -> None:
    mine, peer = Famo(THREE), scalar_peers.FAMO(3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(30):
        before, after = torch.rand(2, 3, generator=generator) + 0.1
        theirs = before.clone().requires_grad_()
        torch.testing.assert_close(combined(mine, before)[1], torch.autograd.grad(peer(theirs), theirs)[0])
        mine.look_again({name: TaskLoss(value, active=True) for name, value in zip(THREE, after, strict=True)})
        peer.update(after)


def test_famo_looks_again_at_every_so_manieth_step_and_goes_on_counting() -> None:
    balancer, due = Famo(TWO, every=3), []
    for _ in range(4):
        combined(balancer, torch.tensor([1.0, 2.0]), TWO)
        due.append(balancer.look_due)
    resumed = Famo(TWO, every=3)
    resumed.load_state_dict(balancer.state_dict())
    for _ in range(2):
        combined(resumed, torch.tensor([1.0, 2.0]), TWO)
        due.append(resumed.look_due)
    assert due == [False, False, True, False, False, True]


def test_dwa_weighs_what_falls_slowly() -> None:
    balancer = DynamicWeightAverage(TWO)
    for losses in ([2.0, 2.0], [1.0, 1.8]):
        assert combined(balancer, torch.tensor(losses), TWO)[1].tolist() == pytest.approx([1.0, 1.0])
        balancer.end_epoch()
    expected = [math.exp(ratio / 2) for ratio in (0.5, 0.9)]
    found = combined(balancer, torch.tensor([1.0, 1.0]), TWO)[1]
    assert found.tolist() == pytest.approx([2 * one / sum(expected) for one in expected])


def test_the_normalised_sum_begins_at_one_per_task_whatever_the_units() -> None:
    balancer = NormalisedSum(TWO, steps=2)
    assert combined(balancer, torch.tensor([4.0, 0.02]), TWO)[0].item() == pytest.approx(2.0)
    combined(balancer, torch.tensor([2.0, 0.02]), TWO)
    assert combined(balancer, torch.tensor([1.0, 1.0]), TWO)[1].tolist() == pytest.approx([1 / 3, 50.0])


def test_random_weights_have_the_sum_of_the_tasks_and_are_drawn_anew() -> None:
    balancer = RandomWeights(TWO)
    first, second = (combined(balancer, torch.ones(2), TWO)[1] for _ in range(2))
    assert first.sum().item() == pytest.approx(2.0)
    assert not torch.equal(first, second)


def test_mgda_at_the_cut_equals_mgda_where_the_maps_are_the_weights() -> None:
    found = MgdaUpperBound(TWO).weigh_maps([(row,) for row in CONFLICT], {}, Cut((), (), (), ()))
    torch.testing.assert_close(found @ CONFLICT.double(), torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64))


def test_mgda_at_the_cut_sees_all_maps_as_one_vector() -> None:
    parts = [(row[:1].view(1, 1), row[1:]) for row in CONFLICT]
    apart, joined = (
        MgdaUpperBound(TWO).weigh_maps(maps, {}, Cut((), (), (), ())) for maps in (parts, [(row,) for row in CONFLICT])
    )
    torch.testing.assert_close(apart, joined)


def test_gradnorm_raises_the_weight_of_the_task_with_the_small_gradient() -> None:
    balancer = GradNorm(TWO, alpha=0.0)
    shared = nn.Linear(3, 3, bias=False)
    for _ in range(40):
        found = shared(torch.ones(1, 3))
        from_leaf = found.detach().requires_grad_()
        cut = _cut(found, from_leaf, shared)
        losses = {"a": TaskLoss(10 * from_leaf.sum().square(), True), "b": TaskLoss(from_leaf.sum().square(), True)}
        balancer(losses, cut)
    assert balancer.weights["b"] > 3 * balancer.weights["a"]
    assert sum(balancer.weights.values()) == pytest.approx(2.0)


def test_dual_balancing_gives_every_task_the_length_of_the_longest() -> None:
    balancer = DualBalancing(TWO, beta=0.0)
    balancer._values = {"a": torch.tensor(1.0), "b": torch.tensor(1.0)}
    rows = torch.tensor([[3.0, 0.0], [0.0, 0.1]])
    torch.testing.assert_close(balancer.direction(rows, TWO), torch.tensor([3.0, 3.0]))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: CaGrad(TWO, c=1.0),
        lambda: FairGrad(TWO, alpha=0.0),
        lambda: SmoothChebyshev(TWO, mu=0.0),
        lambda: PriorityDescent(TWO, primary="c"),
        lambda: GradVac(TWO, beta=2.0),
        lambda: RandomWeights(TWO, seed=-1),
        lambda: DualBalancing(TWO, beta=1.0),
        lambda: GradNorm(TWO, alpha=-1.0),
        lambda: Famo(TWO, every=0),
        lambda: DynamicWeightAverage(TWO, temperature=0.0),
        lambda: NormalisedSum(TWO, steps=0),
        lambda: GradNorm(TWO, learning_rate=0.0),
        lambda: WeightedSum(TWO, {"a": -1.0}),
        lambda: WeightedSum(TWO, {"a": math.nan}),
    ],
)
def test_what_cannot_be_is_refused_at_construction(wrong) -> None:
    with pytest.raises(MedmtlError, match=r"Found"):
        wrong()


def _cut(found: torch.Tensor, leaf: torch.Tensor, shared: nn.Module):
    return Cut((found,), (leaf,), tuple(shared.parameters()), ())


@pytest.mark.parametrize("kind", ["attention.TaskAttention", "cross_attention.CrossAttention", "experts.Experts"])
def test_gradnorm_looks_where_every_task_pulls(kind: str) -> None:
    encoder = {"class_path": "medmtl.encoders.plain.PlainEncoder", "init_args": {"widths": [4, 8]}}
    torch.manual_seed(0)
    sharing = build({"class_path": f"medmtl.sharing.{kind}"}, Sharing, encoder, TWO)
    cut, behind = cut_pyramids(sharing(torch.randn(2, 2, 8, 8, 8)), sharing, nn.Identity())
    losses = {
        name: TaskLoss(scale * sum((maps - 1).square().sum() for maps in behind[name]), active=True)
        for name, scale in (("a", 10.0), ("b", 0.1))
    }
    balancer = GradNorm(TWO, alpha=0.0)
    balancer(losses, cut)
    pulled_at = cut.shared[int(balancer.place)]
    assert not any(pulled_at is p for name, p in sharing.named_parameters() if {"a", "b"} & set(name.split(".")))
    assert balancer.task_weights[0] < 1 < balancer.task_weights[1]
