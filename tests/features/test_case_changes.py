"""Slight changes of the PET, the CT and the mask of one case."""

import numpy as np
import pytest

from medmtl.features.case_changes import changed, own_changes, shift_of
from medmtl.features.extract import extract_case
from medmtl.features.isotropic import moved
from medmtl.features.settings import RadiomicsSettings
from medmtl.features.stability_settings import StabilitySettings
from medmtl.records import Grid, Image

CT = Grid((110, 40, 30), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0))
PET = Grid((30, 12, 16), (4.0, 4.0, 4.0), (0.0, 0.0, 0.0))
SETTINGS = RadiomicsSettings(feature_classes=("shape", "firstorder"), spacing_mm=2.0)


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    mask = np.zeros(CT.size[::-1], dtype=np.uint8)
    mask[10:20, 10:30, 10:25] = 2
    pet = (3 + rng.normal(0, 0.5, PET.size[::-1])).astype(np.float32)
    ct = rng.normal(40, 10, CT.size[::-1]).astype(np.int16)
    return Image(pet, PET), Image(ct, CT), Image(mask, CT)


def test_only_what_is_asked_for_is_changed():
    assert own_changes(StabilitySettings()) == ()
    assert own_changes(StabilitySettings(masks=("flips",))) == ("unchanged",)
    both = own_changes(StabilitySettings(masks=("border", "thresholds"), images=("noise", "translation")))
    assert both == ("unchanged", "grown", "shrunk", "noise 1", "noise 2", "translated -0.25", "translated +0.25")


def test_noise_has_the_images_own_size_around_the_mask_and_is_another_one_each_time(case):
    first, second = (changed(case, name) for name in ("noise 1", "noise 2"))
    difference = first[1].array - case[1].array
    assert np.std(difference[10:20, 10:30, 10:25]) == pytest.approx(10, rel=0.15)
    assert not difference[:, :, 80:].any()  # 32 voxels and more from the mask
    assert np.std(first[0].array - case[0].array) == pytest.approx(0.5, rel=0.2)
    assert not np.array_equal(first[1].array, second[1].array)
    assert first[2] is case[2]


def test_the_border_moves_by_the_smallest_spacing_and_the_label_stays(case):
    grown, shrunk = (changed(case, name)[2].array for name in ("grown", "shrunk"))
    assert set(np.unique(grown)) == set(np.unique(shrunk)) == {0, 2}
    assert np.count_nonzero(grown) == 10 * (22 * 17 - 4)  # a plane further in x and y, none in z, no corners
    assert np.count_nonzero(shrunk) == 10 * 18 * 13
    assert np.count_nonzero(case[2].array) == 10 * 20 * 15


def test_an_empty_mask_and_a_further_mask_stay_as_they_are(case):
    pet, ct, mask = case
    empty = (pet, ct, Image(np.zeros_like(mask.array), CT))
    assert changed(empty, "grown") == empty
    assert changed(case, "flip_zy") == case
    assert (shift_of("flip_zy"), shift_of("translated -0.25")) == (0.0, -0.25)


def test_points_move_along_the_axes_of_their_grid():
    turned = Grid((4, 4, 4), (3.0, 3.0, 3.0), (1.0, 2.0, 3.0), (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    np.testing.assert_allclose(moved(turned, 0.5).origin, (2.5, 0.5, 4.5))
    assert moved(turned, 0.0) == turned


def test_a_translation_moves_textures_but_not_the_volume(case):
    plain, other = (extract_case(*case, SETTINGS, shift) for shift in (0.0, 0.25))
    assert plain.values["volume_ml"] == other.values["volume_ml"]
    name = "ct_original_firstorder_Mean"
    assert plain.values[name] != other.values[name]
    assert plain.values[name] == pytest.approx(other.values[name], rel=0.05)
