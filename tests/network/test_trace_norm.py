"""Under the trace norm related tasks come to share their kernels, unrelated ones keep their own."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor, nn

from medmtl.encoders.base import Encoder
from medmtl.errors import MedmtlError
from medmtl.members import Member
from medmtl.sharing.trace_norm import Form, TraceNormSharing, relations, trace_norm
from medmtl.tensors import Pyramid

ENCODER: Member = {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [3, 5]}}
ONE_LAYER: Member = {"class_path": f"{__name__}.OneLayer"}
TASKS = ("one", "two", "three", "four")


class OneLayer(Encoder):
    """A linear encoder, whose kernels are its outputs' only cause."""

    channels = (4,)

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv3d(2, 4, 3, padding=1, bias=False)

    def forward(self, image: Tensor) -> Pyramid:
        return (self.layer(image),)


def unlike(encoder: Member = ENCODER, **options: object) -> TraceNormSharing:
    """Return the sharing with encoders that differ."""
    torch.manual_seed(0)
    sharing = TraceNormSharing(encoder, TASKS, **options)
    for place, own in enumerate(sharing.encoders.values()):
        for parameter in own.parameters():
            generator = torch.Generator().manual_seed(place)
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return sharing


def kernels_of(sharing: TraceNormSharing) -> list[np.ndarray]:
    """Return each layer's kernels [tasks, out, in, voxels], found by the names of the parameters."""
    states = [own.state_dict() for own in sharing.encoders.values()]
    names = [name for name, value in states[0].items() if value.ndim == 5]
    assert len(names) == 4
    return [np.stack([state[name].numpy().reshape(*state[name].shape[:2], -1) for state in states]) for name in names]


def by_hand(form: Form, kernels: np.ndarray) -> float:
    """Return the trace norm of kernels [tasks, out, in, voxels] from singular values of transposes."""
    tasks, out, into, voxels = kernels.shape
    over = {
        "last_axis": [kernels.reshape(tasks, -1)],
        "tucker": [
            kernels.reshape(tasks, -1),
            kernels.transpose(1, 0, 2, 3).reshape(out, -1),
            kernels.transpose(2, 0, 1, 3).reshape(into, -1),
            kernels.transpose(3, 0, 1, 2).reshape(voxels, -1),
        ],
        "tensor_train": [
            kernels.transpose(1, 2, 3, 0).reshape(out, -1),
            kernels.transpose(1, 2, 3, 0).reshape(out * into, -1),
            kernels.transpose(1, 2, 3, 0).reshape(-1, tasks),
        ],
    }
    return sum(float(np.linalg.norm(matrix.astype(np.float64), "nuc")) for matrix in over[form])


@pytest.mark.parametrize("form", ["last_axis", "tucker", "tensor_train"])
def test_the_penalty_is_the_sum_of_singular_values_of_the_unfoldings(form: Form) -> None:
    sharing = unlike(strength=0.5, form=form)
    expected = 0.5 * sum(by_hand(form, kernels) for kernels in kernels_of(sharing))
    assert sharing.penalty().item() == pytest.approx(expected, rel=2e-4)


def test_equal_encoders_cost_the_root_of_their_number_and_foreign_ones_their_number() -> None:
    torch.manual_seed(0)
    sharing = TraceNormSharing(ONE_LAYER, TASKS, strength=1.0)
    length = float(sharing.encoders["one"].layer.weight.detach().norm())
    assert sharing.penalty().item() == pytest.approx(2 * length, rel=1e-3)
    assert list(sharing.figures().values()) == pytest.approx([1.0] * 7)
    for channel, own in enumerate(sharing.encoders.values()):  # each task's kernels where the others have none
        own.layer.weight.data *= (torch.arange(4) == channel)[:, None, None, None, None]
        own.layer.weight.data *= length / own.layer.weight.data.norm()
    assert sharing.penalty().item() == pytest.approx(4 * length, rel=1e-3)
    told = sharing.figures()
    assert told.pop("layer_0") == pytest.approx(0.25)
    assert set(told) == {f"relation_{a}_{b}" for a, b in combinations(TASKS, 2)}
    assert list(told.values()) == pytest.approx([0.0] * 6, abs=1e-6)


def test_its_slope_is_the_orthogonal_factor_and_nought_where_nothing_is() -> None:
    matrix = torch.randn(7, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    trace_norm(matrix).backward()
    u, _, v = np.linalg.svd(matrix.detach().numpy(), full_matrices=False)
    np.testing.assert_allclose(matrix.grad, u @ v, atol=1e-5)
    column = torch.randn(7, 1, generator=torch.Generator().manual_seed(2))
    twice = column.repeat(1, 2).requires_grad_()  # of rank 1: no pull along what only one of the two has
    trace_norm(twice).backward()
    np.testing.assert_allclose(twice.grad, (column / column.norm()).repeat(1, 2) / np.sqrt(2), atol=1e-2)
    nothing = torch.zeros(7, 2, requires_grad=True)
    trace_norm(nothing).backward()
    assert not bool(nothing.grad.any())


def test_the_relations_are_the_best_explanation_and_cost_the_square_of_the_trace_norm() -> None:
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(9, 3)) @ rng.normal(size=(3, 3))
    found = relations(torch.from_numpy(weights)).numpy()
    root = sqrtm(weights.T @ weights)
    np.testing.assert_allclose(found, root / np.trace(root), atol=1e-9)
    cost = np.trace(weights @ np.linalg.inv(found) @ weights.T)
    assert cost == pytest.approx(np.linalg.norm(weights, "nuc") ** 2)
    for _ in range(20):
        other = found + 0.05 * np.cov(rng.normal(size=(3, 9)))
        other /= np.trace(other)
        assert np.trace(weights @ np.linalg.inv(other) @ weights.T) > cost


def learned(strength: float, teacher: Callable[[int], Tensor]) -> tuple[TraceNormSharing, float]:
    """Return the sharing after it saw one noisy case per task, and its mean squared error on another."""
    generator = torch.Generator().manual_seed(3)
    images, unseen = (torch.randn(4, 1, 2, 4, 4, 4, generator=generator) for _ in range(2))
    noise = torch.randn(4, 1, 4, 4, 4, 4, generator=generator)
    true = [lambda x, t=t: nn.functional.conv3d(x, teacher(t), padding=1) for t in range(4)]
    wanted = [of(image) + own for of, image, own in zip(true, images, noise, strict=True)]
    sharing = unlike(ONE_LAYER, strength=strength)
    optimiser = torch.optim.Adam(sharing.parameters(), lr=2e-2)
    encoders = list(sharing.encoders.values())
    for _ in range(300):
        found = [own(image)[0] for own, image in zip(encoders, images, strict=True)]
        loss = sum((a - b).square().mean() for a, b in zip(found, wanted, strict=True)) + sharing.penalty()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        errors = [(own(x)[0] - of(x)).square().mean() for own, of, x in zip(encoders, true, unseen, strict=True)]
    return sharing, float(torch.stack(errors).mean())


def common(task: int) -> Tensor:
    """Return kernels that are multiples of one."""
    return (task + 1) / 3 * torch.randn(4, 2, 3, 3, 3, generator=torch.Generator().manual_seed(4)) / 2


def foreign(task: int) -> Tensor:
    """Return kernels of which none tells of another."""
    return torch.randn(4, 2, 3, 3, 3, generator=torch.Generator().manual_seed(10 + task)) / 2


def ratio(sharing: TraceNormSharing) -> float:
    """Return the second singular value over the first."""
    values = torch.linalg.svdvals(sharing.stacked()[0].detach().flatten(0, -2))
    return float(values[1] / values[0])


def test_related_tasks_come_to_share_one_kernel_and_gain_by_it_and_unrelated_ones_do_not() -> None:
    (apart, alone), (tied, together) = learned(0.0, common), learned(0.6, common)
    assert ratio(apart) > 0.3
    assert ratio(tied) < 0.05
    assert together < 0.2 * alone
    assert ratio(learned(0.6, foreign)[0]) > 0.6


def test_two_pairs_of_related_tasks_are_told_from_each_other_even_where_the_sign_is_not_the_same() -> None:
    def pairs(task: int) -> Tensor:
        return (-1) ** task * (1 + task % 2) * foreign(task // 2)

    told = {name: value for name, value in learned(0.6, pairs)[0].figures().items() if name.startswith("relation")}
    within = [told.pop("relation_one_two"), told.pop("relation_three_four")]
    assert max(within) < -0.8
    assert max(abs(value) for value in told.values()) < 0.2


def test_without_strength_there_is_no_penalty_and_a_negative_one_is_refused() -> None:
    assert unlike(strength=0.0).penalty().item() == 0
    with pytest.raises(MedmtlError, match="strength must be 0 or more"):
        unlike(strength=-1.0)
