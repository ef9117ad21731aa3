import pytest
import torch
from torch import Tensor, nn

from medmtl.network import MultiTaskNetwork
from medmtl.tasks.base import Gives, Task
from medmtl.tensors import Inputs
from medmtl.volume import ALL_FLIPS, read_volume

PATCH = (16, 16, 16)
NO_VALUES = torch.zeros(1, 0)


class Mirror(Task):
    """Says that the PET is the probability of tumour."""

    gives = Gives.MASK

    def forward(self, pyramid, inputs, earlier) -> Tensor:
        return torch.cat([1 - inputs.image[:, :1], inputs.image[:, :1]], dim=1)

    def read(self, prediction: Tensor) -> Tensor:
        return prediction

    def loss(self, known):
        raise NotImplementedError


class Sum(Mirror):
    """Says that the log hazard is the sum of the PET it was shown."""

    gives = Gives.LOG_HAZARD
    endpoint = "pfs"
    reads = ("map",)

    def forward(self, pyramid, inputs, earlier) -> Tensor:
        assert inputs.image.shape[2:] == PATCH
        return inputs.image[:, 0].sum(dim=(1, 2, 3))


class Nothing(nn.Module):
    """Shares nothing."""

    channels = (1,)

    def forward(self, image: Tensor) -> dict[str, tuple[Tensor, ...]]:
        return {"map": (), "risk": ()}


@pytest.fixture
def mirror() -> MultiTaskNetwork:
    return MultiTaskNetwork(Nothing(), {"map": Mirror(), "risk": Sum()}, "pfs").eval()  # type: ignore[arg-type]


def image(*shape: int) -> Tensor:
    return torch.rand(1, 2, *shape, generator=torch.Generator().manual_seed(0))


def test_a_case_of_the_patchs_size_is_one_plain_look(make_network, make_inputs) -> None:
    network, inputs = make_network().eval(), make_inputs(1)
    found = read_volume(network, inputs, PATCH)
    with torch.no_grad():
        plain = network(inputs)
    torch.testing.assert_close(found["segmentation"], plain["segmentation"].softmax(dim=1)[0])
    torch.testing.assert_close(found["survival"], plain["survival"][0])


def test_mirrored_views_are_mirrored_back(mirror) -> None:
    given = image(16, 16, 16)
    assert len(set(ALL_FLIPS)) == 8
    for axes in ALL_FLIPS:
        assert torch.equal(read_volume(mirror, Inputs(given, NO_VALUES), PATCH, [axes])["map"][1], given[0, 0])
    torch.testing.assert_close(read_volume(mirror, Inputs(given, NO_VALUES), PATCH, ALL_FLIPS)["map"][1], given[0, 0])


def test_the_network_really_sees_each_mirrored_view(make_network, make_inputs) -> None:
    network, inputs = make_network().eval(), make_inputs(1)
    views = [read_volume(network, inputs, PATCH, [axes])["survival"].item() for axes in ALL_FLIPS]
    assert len(set(views)) == 8
    mean = read_volume(network, inputs, PATCH, ALL_FLIPS)["survival"].item()
    assert mean == pytest.approx(sum(views) / 8, abs=1e-5)


@pytest.mark.parametrize("shape", [(30, 16, 41), (17, 40, 16)])
def test_windows_over_a_larger_case_are_stitched_where_they_belong(shape, mirror) -> None:
    given = image(*shape)
    found = read_volume(mirror, Inputs(given, NO_VALUES), PATCH, ALL_FLIPS)["map"]
    assert found.shape == (2, *shape)
    torch.testing.assert_close(found[1], given[0, 0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(9, 16, 12), (11, 13, 15), (5, 40, 16)])
def test_a_smaller_case_is_padded_and_cut_back(shape, mirror) -> None:
    given = image(*shape)
    found = read_volume(mirror, Inputs(given, NO_VALUES), PATCH)
    assert found["map"].shape == (2, *shape)
    torch.testing.assert_close(found["map"][1], given[0, 0], atol=1e-5, rtol=1e-4)


def test_the_padding_shows_no_uptake(mirror) -> None:
    given = image(9, 10, 11)
    found = read_volume(mirror, Inputs(given, NO_VALUES), PATCH)["risk"]
    assert found.item() == pytest.approx(given[0, 0].sum().item(), rel=1e-5)


def test_a_task_of_one_number_looks_at_the_window_around_the_tumour(mirror) -> None:
    given = torch.zeros(1, 2, 40, 40, 40)
    given[0, 0, 28:32, 4:8, 20:24] = 0.9
    found = read_volume(mirror, Inputs(given, NO_VALUES), PATCH)["risk"]
    assert found.item() == pytest.approx(0.9 * 4**3, rel=1e-4)


def test_where_no_tumour_is_found_it_looks_at_the_middle(mirror) -> None:
    given = torch.zeros(1, 2, 40, 40, 40)
    given[0, 1] = 0.25
    assert torch.isfinite(read_volume(mirror, Inputs(given, NO_VALUES), PATCH)["risk"])


def test_reading_leaves_no_gradient_and_the_same_answer_twice(make_network, make_inputs) -> None:
    network, inputs = make_network().eval(), make_inputs(1, edge=20)
    first, second = (read_volume(network, inputs, PATCH)["segmentation"] for _ in range(2))
    assert torch.equal(first, second)
    assert not first.requires_grad
