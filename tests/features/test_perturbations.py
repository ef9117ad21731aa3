"""Slight changes of image and mask."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.errors import MedmtlError
from medmtl.features.parameters import read_labels, read_regions
from medmtl.features.perturbations import noise_deviation, perturbed
from medmtl.features.regions import ALL_REGIONS, RegionName


def _image(array, spacing=(1.0, 2.0, 3.0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    return image


def _two_labels():
    mask = np.zeros((20, 22, 24), dtype=np.uint8)
    mask[5:15, 5:15, 4:12] = 1
    mask[5:15, 5:15, 12:20] = 2
    return mask


def _changed(image=None, mask=None):
    array = np.random.default_rng(0).normal(size=(20, 22, 24)).astype(np.float32) if image is None else image
    given = perturbed(_image(array), _image(_two_labels() if mask is None else mask), (), None)
    return {name: (sitk.GetArrayFromImage(one), sitk.GetArrayFromImage(other)) for name, one, other in given}


@pytest.mark.parametrize("deviation", [0.5, 20.0])
def test_the_deviation_of_noise_is_found_beside_edges_and_ramps(deviation):
    z, y, x = np.indices((10, 60, 60))
    scene = 100.0 * (x > 30) + 3.0 * y + 7.0 * z
    noisy = scene + np.random.default_rng(0).normal(0, deviation, scene.shape)
    assert noise_deviation(noisy) == pytest.approx(deviation, rel=0.05)
    assert noise_deviation(scene) == 0


def test_growing_and_shrinking_move_the_border_by_the_smallest_spacing_and_labels_do_not_mix():
    found = {name: masks for name, (_, masks) in _changed().items()}
    whole = found["unchanged"] > 0
    assert np.ptp(np.flatnonzero(found["grown"].any(axis=(0, 1)))) == np.ptp(np.flatnonzero(whole.any(axis=(0, 1)))) + 2
    assert np.ptp(np.flatnonzero(found["grown"].any(axis=(1, 2)))) == np.ptp(np.flatnonzero(whole.any(axis=(1, 2))))
    assert (found["grown"][whole] == found["unchanged"][whole]).all()
    assert set(np.unique(found["shrunk"])) == {0, 1, 2}
    assert not found["shrunk"][~whole].any()


def test_noise_has_the_images_own_size_and_two_draws_differ():
    found = _changed()
    plain, first, second = (found[name][0] for name in ("unchanged", "noise 1", "noise 2"))
    assert np.std(first - plain) == pytest.approx(1.0, rel=0.1)
    assert not np.array_equal(first, second)


def test_a_translated_ramp_is_the_ramp_a_quarter_of_a_voxel_further():
    ramp = np.broadcast_to(np.arange(24.0), (20, 22, 24)).astype(np.float32)
    found = _changed(ramp)
    inner = (slice(5, 15), slice(5, 15), slice(6, 18))
    np.testing.assert_allclose(found["translated +0.25"][0][inner], ramp[inner] + 0.25, atol=1e-2)
    moved = (found["translated +0.25"][1] > 0) != (_two_labels() > 0)
    assert np.argwhere(moved).tolist() == [[14, 14, 11], [14, 14, 19]]  # corners alone: 0.75 cubed is below one half


def test_regions_and_labels_are_read_from_words():
    assert read_regions(["all"]) == ALL_REGIONS
    assert read_regions([]) == (RegionName.MASK,)
    assert read_regions(["box", "mask", "box"]) == (RegionName.BOX, RegionName.MASK)
    assert read_labels(["GTVp=1", "2"]) == {"GTVp": 1, "label 2": 2}
    for words in (["0"], ["-1"], ["a=1", "a=2"], ["1", "b=1"]):
        with pytest.raises(MedmtlError, match="label"):
            read_labels(words)
