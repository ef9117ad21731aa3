"""What a mask's shape gives is checked on a ball, whose contour and distances are known."""

import pytest
import torch

from medmtl.losses.shape import ContourLoss, DistanceLoss, contour_of, distance_of
from medmtl.tasks.base import Known, TaskContext
from medmtl.tasks.conv_mcd import ConvMcd
from medmtl.tasks.segmentation import Segmentation
from medmtl.tasks.shape import ContourMap, DistanceMap

CONTEXT = TaskContext((4, 8), clinical=0, classes=2, endpoint="pfs")


def radius() -> torch.Tensor:
    axis = torch.arange(32) - 15.5
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    return (z**2 + y**2 + x**2).sqrt()


BALL = (radius() <= 10)[None]


def test_the_contour_of_a_ball_is_a_shell_of_one_voxel() -> None:
    shell = contour_of(BALL)[0]
    assert bool((radius()[shell] > 8.2).all())
    assert bool(BALL[0][shell].all())
    assert bool(shell[BALL[0] & (radius() > 9.5)].all())


def test_a_tumour_at_the_images_border_has_its_contour_there() -> None:
    full = torch.ones(1, 4, 4, 4, dtype=torch.bool)
    assert int(contour_of(full).sum()) == 4**3 - 2**3


def test_the_signed_distance_of_a_ball_is_nought_at_its_surface() -> None:
    signed = (distance_of(BALL, "signed", 8.0)[0] * 2 - 1) * 8
    near = (radius() - 10).abs() < 3
    error = (signed + (radius() - 10))[near]
    assert float(error.square().mean().sqrt()) < 0.5


@pytest.mark.parametrize(("kind", "inside", "outside"), [("inside", 1.0, 0.0), ("contour", None, 1.0)])
def test_distances_grow_where_they_should(kind, inside: float | None, outside: float) -> None:
    found = distance_of(BALL, kind, 5.0)[0]
    assert float(found[0, 0, 0]) == outside
    assert inside is None or float(found[15, 15, 15]) == inside
    assert float(found.min()) == 0.0


def test_a_blank_mask_has_no_contour_and_no_depth() -> None:
    blank = torch.zeros(1, 4, 4, 4, dtype=torch.bool)
    assert not bool(contour_of(blank).any())
    assert not bool(distance_of(blank, "inside", 3.0).any())
    assert not bool(distance_of(blank, "signed", 3.0).any())
    assert bool((distance_of(blank, "contour", 3.0) == 1).all())


def test_a_map_that_is_right_costs_next_to_nothing(make_batch) -> None:
    batch = make_batch(mask=BALL)
    shell = contour_of(BALL).float()
    right, wrong = torch.stack([1 - shell, shell], dim=1) * 40, torch.stack([shell, 1 - shell], dim=1) * 40
    assert ContourLoss()(right, batch).value.item() < 1e-6 < ContourLoss()(wrong, batch).value.item()
    exact = torch.logit(distance_of(BALL, "signed", 8.0)[:, None], eps=1e-6)
    assert DistanceLoss("signed", 8.0)(exact, batch).value.item() < 1e-6


def test_the_three_decoders_of_psi_net_share_no_weight() -> None:
    tasks = [Segmentation(CONTEXT), ContourMap(CONTEXT), DistanceMap(CONTEXT)]
    ids = [id(parameter) for task in tasks for parameter in task.parameters()]
    assert len(ids) == len(set(ids))
    sizes = [sum(p.numel() for p in task.parameters()) for task in tasks]
    assert max(sizes) < 1.1 * min(sizes)


def test_conv_mcd_reads_the_mask_alone_and_costs_three_convolutions(make_batch) -> None:
    torch.manual_seed(0)
    task, plain = ConvMcd(CONTEXT), Segmentation(CONTEXT)
    pyramid = (torch.randn(1, 4, 32, 32, 32), torch.randn(1, 8, 16, 16, 16))
    batch = make_batch(mask=BALL)
    found = task(pyramid, batch.inputs, {})
    plain.load_state_dict(task.state_dict(), strict=False)
    mine, theirs = (one.eval().read(one(pyramid, batch.inputs, {})) for one in (task, plain))
    torch.testing.assert_close(mine, theirs)
    parts = (task.loss(Known())(found, batch).value, plain.loss(Known())(found[:, :2], batch).value)
    assert parts[0].item() > parts[1].item()
    extra = sum(p.numel() for p in task.parameters()) - sum(p.numel() for p in plain.parameters())
    assert extra == 3 * (4 + 1)
