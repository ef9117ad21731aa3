import numpy as np
import pytest

from medmtl.inference import mask as module
from medmtl.inference.mask import mask_on
from medmtl.inference.settings import InferenceSettings
from medmtl.records import Grid, Image

WORKING = Grid((12, 12, 12), (4.0, 4.0, 4.0), (2.0, 2.0, 2.0))
CT = Grid((30, 24, 16), (1.7, 2.0, 3.1), (-1.0, 1.0, 0.5))
KEEP_ALL = InferenceSettings(min_component_ml=0)


def ball(grid: Grid, centre_mm: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Where voxel centres lie in the ball, [z, y, x]."""
    axes = [o + s * np.arange(n) for o, s, n in zip(grid.origin, grid.spacing, grid.size, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return (sum((a - c) ** 2 for a, c in zip((x, y, z), centre_mm, strict=True)) < radius_mm**2).transpose(2, 1, 0)


def find(probability: np.ndarray, labels: tuple[int, ...], settings: InferenceSettings, grid: Grid = CT) -> np.ndarray:
    """Return the mask of probabilities per label [labels, z, y, x]."""
    tumour = Image(probability.sum(axis=0).astype(np.float32), WORKING)
    mask = mask_on(grid, tumour, probability.astype(np.float32), labels, settings)
    assert mask.grid == grid
    assert mask.array.dtype == np.uint8
    return mask.array


def test_a_ball_is_found_where_it_lies_on_the_grid_of_the_ct() -> None:
    found = find(ball(WORKING, (24, 24, 24), 13)[None] * 0.98, (1,), KEEP_ALL)
    truth = ball(CT, (24, 24, 24), 13)
    assert 2 * (found.astype(bool) & truth).sum() / (found.sum() + truth.sum()) > 0.9


def test_a_voxel_belongs_to_the_tumour_from_one_half() -> None:
    for probability, count in ((0.5, WORKING.size[0] ** 3), (0.49, 0)):
        assert np.count_nonzero(find(np.full((1, 12, 12, 12), probability), (1,), KEEP_ALL, WORKING)) == count


def test_each_voxel_gets_the_value_of_its_likeliest_label() -> None:
    first, second = ball(WORKING, (14, 24, 24), 9) * 0.6, ball(WORKING, (34, 24, 24), 9) * 0.9
    found = find(np.stack([first, second]), (3, 7), KEEP_ALL, WORKING)
    assert set(np.unique(found)) == {0, 3, 7}
    np.testing.assert_array_equal(found == 3, first > 0)
    np.testing.assert_array_equal(found == 7, second > 0)


def test_two_labels_that_share_a_voxel_make_a_tumour_together() -> None:
    both = np.stack([np.full((12, 12, 12), 0.3), np.full((12, 12, 12), 0.25)])
    assert (find(both, (1, 2), KEEP_ALL, WORKING) == 1).all()


def test_small_parts_are_removed_by_their_volume() -> None:
    voxel_ml = WORKING.voxel_volume_ml
    probability = np.zeros((1, 12, 12, 12))
    probability[0, 1:5, 1:5, 1:5] = 1  # 64 voxels
    probability[0, 8:10, 8:10, 8] = 1  # 4 voxels
    kept = {limit: np.count_nonzero(find(probability, (1,), InferenceSettings(min_component_ml=limit), WORKING))
            for limit in (0.0, 4 * voxel_ml, 5 * voxel_ml, 65 * voxel_ml)}  # fmt: skip
    assert list(kept.values()) == [68, 68, 64, 0]


def test_the_largest_part_alone_can_be_kept() -> None:
    probability = np.zeros((1, 12, 12, 12))
    probability[0, 1:4, 1:4, 1:4], probability[0, 6:11, 6:11, 6:11] = 1, 1
    settings = InferenceSettings(min_component_ml=0, largest_only=True)
    assert np.count_nonzero(find(probability, (1,), settings, WORKING)) == 125


def test_where_nothing_is_found_the_mask_is_empty() -> None:
    for largest in (False, True):
        settings = InferenceSettings(largest_only=largest)
        assert not find(np.zeros((1, 12, 12, 12)), (1,), settings).any()


def test_a_ct_that_is_turned_round_gets_the_same_mask_turned_round() -> None:
    half_turn = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
    far_corner = (-1.0 + 29 * 1.7, 1.0 + 23 * 2.0, 0.5)
    turned = Grid(CT.size, CT.spacing, far_corner, half_turn)
    probability = ball(WORKING, (20, 26, 24), 13)[None] * 0.98
    plain = find(probability, (1,), KEEP_ALL)
    assert plain.any()
    np.testing.assert_array_equal(find(probability, (1,), KEEP_ALL, turned), plain[:, ::-1, ::-1])


def test_beyond_the_working_grid_nothing_is_found() -> None:
    part = Grid((6, 12, 12), WORKING.spacing, (2.0 + 4 * 3, 2.0, 2.0))  # 12 to 36 mm in x
    tumour = Image(np.ones((12, 12, 6), np.float32), part)
    mask = mask_on(CT, tumour, tumour.array[None], (1,), KEEP_ALL).array
    centres = CT.origin[0] + CT.spacing[0] * np.arange(CT.size[0])
    inside = (centres > 12) & (centres < 36)
    assert mask[:, :, ~inside].sum() == 0
    assert mask[:, :, inside].all()
    apart = Image(tumour.array, Grid((6, 12, 12), WORKING.spacing, (500.0, 2.0, 2.0)))
    assert not mask_on(CT, apart, tumour.array[None], (1,), KEEP_ALL).array.any()


@pytest.mark.parametrize("largest", [False, True])
def test_a_mask_made_by_slabs_is_the_mask(largest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).uniform(0, 0.6, (2, 12, 12, 12)).astype(np.float32)
    settings = InferenceSettings(min_component_ml=0.1, largest_only=largest)
    whole = find(noise, (1, 2), settings)
    monkeypatch.setattr(module, "_VOXELS_AT_ONCE", 3 * CT.size[0] * CT.size[1])
    np.testing.assert_array_equal(find(noise, (1, 2), settings), whole)
    assert set(np.unique(whole)) == {0, 1, 2}
