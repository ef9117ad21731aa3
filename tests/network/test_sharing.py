"""Every way of sharing reaches its limits: hard sharing on one side, single tasks on the other."""

import pytest
import torch
from torch import Tensor, nn

from medmtl.balancing.cut import cut_pyramids, task_gradient
from medmtl.errors import MedmtlError
from medmtl.members import Member
from medmtl.sharing.attention import TaskAttention
from medmtl.sharing.base import Sharing
from medmtl.sharing.cross_attention import CrossAttention
from medmtl.sharing.cross_stitch import CrossStitch
from medmtl.sharing.experts import Experts
from medmtl.sharing.hard import HardSharing
from medmtl.sharing.soft import SoftSharing
from medmtl.sharing.trace_norm import TraceNormSharing
from medmtl.tensors import Pyramid

ENCODER: Member = {"class_path": "medmtl.encoders.plain.PlainEncoder", "init_args": {"widths": [4, 8]}}
RESIDUAL: Member = {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [4, 8]}}
TASKS = ("one", "two")
KINDS = [HardSharing, SoftSharing, CrossStitch, TaskAttention, Experts, CrossAttention, TraceNormSharing]


def built(kind: type[Sharing], seed: int = 0, **options: object) -> Sharing:
    torch.manual_seed(seed)
    return kind(ENCODER, TASKS, **options)


def image(seed: int = 0) -> Tensor:
    return torch.randn(2, 2, 8, 8, 8, generator=torch.Generator().manual_seed(seed))


def close(first: Pyramid, second: Pyramid) -> bool:
    return all(torch.allclose(a, b, atol=1e-6) for a, b in zip(first, second, strict=True))


def loss_of(pyramid: Pyramid, task: str) -> Tensor:
    return sum(maps.square().mean() * (index + 1 + len(task)) for index, maps in enumerate(pyramid))


@pytest.mark.parametrize("kind", KINDS)
def test_a_tasks_gradient_through_the_cut_is_exact_for_every_way_of_sharing(kind: type[Sharing]) -> None:
    sharing = built(kind)
    cut, behind = cut_pyramids(sharing(image()), sharing, nn.Identity())
    for task in TASKS:
        found = task_gradient(loss_of(behind[task], task), cut).shared
        plain = loss_of(sharing(image())[task], task)
        expected = torch.autograd.grad(plain, list(sharing.parameters()), allow_unused=True)
        for mine, theirs in zip(found, expected, strict=True):
            wanted = torch.zeros_like(mine) if theirs is None else theirs
            torch.testing.assert_close(mine, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", [SoftSharing, CrossAttention, TraceNormSharing])
def test_it_begins_as_hard_sharing(kind: type[Sharing]) -> None:
    found, expected = built(kind)(image()), built(HardSharing)(image())
    assert close(found["one"], found["two"])
    assert close(found["one"], expected["one"])


def test_stitches_of_the_unit_matrix_are_single_tasks_and_equal_ones_average() -> None:
    apart, mean = built(CrossStitch, own=1.0), built(CrossStitch, own=0.5)
    for sharing in (apart, mean):
        with torch.no_grad():
            for parameter in sharing.encoders["two"].parameters():
                parameter.mul_(1.5)
    assert close(apart(image())["one"], apart.encoders["one"](image()))
    assert close(apart(image())["two"], apart.encoders["two"](image()))
    assert close(mean(image())["one"], mean(image())["two"])


def test_masks_of_one_are_hard_sharing() -> None:
    sharing = built(TaskAttention)
    for masks in sharing.masks.values():
        for mask in masks.masks:
            nn.init.zeros_(mask[2].weight)
            nn.init.constant_(mask[2].bias, 50.0)
    assert close(sharing(image())["two"], sharing.encoder(image()))


def trained_apart(strength: float, rate: float) -> tuple[SoftSharing, Sharing]:
    """Let two tasks pull their encoders apart for some steps."""
    sharing = built(SoftSharing, strength=strength)
    optimiser = torch.optim.SGD(sharing.parameters(), lr=rate)
    for step in range(30):
        found = sharing(image(step))
        loss = found["one"][1].mean() - found["two"][1].mean() + sharing.penalty()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return sharing, sharing.encoders


def distance(encoders: nn.ModuleDict) -> float:
    pairs = zip(encoders["one"].parameters(), encoders["two"].parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


def test_strong_soft_sharing_keeps_the_encoders_one_and_none_lets_them_go() -> None:
    assert distance(trained_apart(1e4, 2e-5)[1]) < 1e-3
    free = trained_apart(0.0, 1e-2)
    assert distance(free[1]) > 1e-2
    assert free[0].penalty().item() == 0


def test_the_penalty_of_soft_sharing_is_the_spread_of_the_weights() -> None:
    sharing = built(SoftSharing, strength=0.5)
    with torch.no_grad():
        sharing.encoders["one"].levels[0][0].bias.add_(2.0)  # four entries, each 1 from the mean in both encoders
    assert sharing.penalty().item() == pytest.approx(0.5 * 4 * 2)


def test_sparse_experts_use_one_adapter_per_case_and_are_pushed_to_share_the_load() -> None:
    sharing = built(Experts, count=3, top=1)
    found = sharing(image())["one"][1]
    shared = sharing.encoder(image())[1]
    gate = torch.softmax(sharing.gates["one"](shared.mean(dim=(2, 3, 4))), dim=1)
    part, best = gate.max(dim=1)
    made = sharing.experts[1](shared)
    by_hand = torch.stack([shared[b] + part[b] * made[best[b], b] for b in range(2)])
    torch.testing.assert_close(found, by_hand)
    crowded = built(Experts, count=3, top=1)
    for gate_ in crowded.gates.values():
        nn.init.zeros_(gate_.weight)
        gate_.bias.data = torch.tensor([9.0, 0.0, 0.0])
    crowded(image())
    assert crowded.penalty().item() == pytest.approx(0.01 * 3, rel=1e-2)
    assert sharing.penalty().item() < crowded.penalty().item()


def test_dense_experts_have_no_penalty() -> None:
    sharing = built(Experts)
    sharing(image())
    assert sharing.penalty().item() == 0


def test_attention_looks_into_the_other_tasks_map_once_its_factor_moves() -> None:
    sharing = built(CrossAttention)
    before = sharing(image())["one"][1]
    nn.init.ones_(sharing.lookups["one"].levels[0].factor)
    after = sharing(image())
    assert not torch.allclose(before, after["one"][1])
    assert torch.equal(before, after["two"][1])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: built(SoftSharing, strength=-1.0), "strength must be 0 or more"),
        (lambda: built(CrossStitch, own=1.5), "own must be from 0 to 1"),
        (lambda: built(Experts, count=2, top=3), "top must be from 0 to count"),
        (lambda: built(CrossAttention, levels=3), "levels must be from 1 to the encoder's 2"),
        (lambda: built(CrossAttention, tokens=8)(image()), "attention is over at most 8 voxels"),
    ],
)
def test_what_cannot_be_is_refused(wrong, told: str) -> None:
    with pytest.raises(MedmtlError, match=told):
        wrong()


def test_stitching_needs_an_encoder_with_levels() -> None:
    encoder: Member = {"class_path": "medmtl.encoders.segresnet.SegResNetEncoder", "init_args": {"width": 8}}
    with pytest.raises(MedmtlError, match="must be a StagedEncoder"):
        CrossStitch(encoder, TASKS)


def test_a_single_task_needs_no_stitches() -> None:
    sharing = CrossStitch(RESIDUAL, ("one",))
    assert close(sharing(image())["one"], sharing.encoders["one"](image()))
