"""Nothing that image and mask may hold stops an extraction or damages a number: a fixed row, and a status."""

from importlib.util import find_spec

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics_phantoms import IMAGES, MASKS, furthest, on_grid

from medmtl.features.engine.columns import column_names
from medmtl.features.engine.extract import extract, extract_regions
from medmtl.features.engine.result import RegionStatus
from medmtl.features.engine.settings import profile_from

NOISE, BALL = IMAGES["noise"], MASKS["ball"]
_WHOLE = (sitk.sitkUInt8, sitk.sitkInt32)
PROFILES = {
    "pyradiomics": {"setting": {}},
    "pyradiomics, 2 mm": {"setting": {"resampledPixelSpacing": [2, 2, 2]}},
    "ibsi": {"profile": "ibsi", "ibsi": {"spacing_mm": [2, 2, 2]}},
    "the library": {"engine": "pyradiomics"},
}


def _changed(image, place, value):
    values = sitk.GetArrayFromImage(image)
    values[place] = value
    changed = sitk.GetImageFromArray(values)
    changed.CopyInformation(image)
    return changed


def _moved(image, by):
    moved = sitk.Image(image)
    moved.SetOrigin([a + b for a, b in zip(image.GetOrigin(), by, strict=True)])
    return moved


def _voxels(*places):
    mask = np.zeros((14, 13, 15), dtype=bool)
    for place in places:
        mask[place] = True
    return on_grid(mask)


PROBABILITIES = _changed(sitk.Cast(BALL, sitk.sitkFloat32) * 0.9, (0, 0, 0), 0.4)
INPUTS = {
    "empty": (NOISE, _voxels(), {"empty"}),
    "label absent": (NOISE, BALL * 255, {"empty"}),
    "one voxel": (NOISE, _voxels((7, 6, 7)), {"too_small", "vanished"}),
    "whole image": (NOISE, MASKS["whole image"], {"ok"}),
    "probabilities": (NOISE, PROBABILITIES, {"error"}),
    "nan in the mask": (NOISE, _changed(PROBABILITIES, (1, 1, 1), np.nan), {"nonfinite"}),
    "mask of another size": (NOISE, BALL[:10, :, :], {"geometry"}),
    "mask moved by 0.4 mm": (NOISE, _moved(BALL, (0.4, 0, 0)), {"geometry"}),
    "mask elsewhere": (NOISE, _moved(BALL, (400, 0, 0)), {"geometry"}),
    "mask off by rounding": (NOISE, _moved(BALL, (1e-4, 0, 0)), {"ok", "geometry"}),
    "nan in the region": (_changed(NOISE, (7, 6, 7), np.nan), BALL, {"nonfinite", "error"}),
    "infinity in the region": (_changed(NOISE, (7, 6, 7), np.inf), BALL, {"nonfinite", "error"}),
    "voxels of 2e5": (_changed(NOISE, (slice(7, 9), slice(6, 8), slice(6, 9)), 2e5), BALL, {"error"}),
    "two dimensions": (NOISE[:, :, 3], BALL[:, :, 3], {"error"}),
    "two far voxels": (NOISE, MASKS["two far voxels"], {"ok", "vanished", "too_small", "nonfinite"}),
}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", INPUTS)
def test_an_odd_input_gives_its_status_and_all_columns(name, profile):
    if name == "voxels of 2e5" and profile == "the library":
        pytest.skip("PyRadiomics itself takes gigabytes for it")
    image, mask, statuses = INPUTS[name]
    settings = profile_from(PROFILES[profile], "settings.yaml")
    found = extract(image, mask, settings)
    assert found.status.value in statuses, (found.status, found.notes)
    assert tuple(found.features) == column_names(settings)
    assert (found.status is RegionStatus.OK) != bool(found.notes)


def _large(inside, spacing=(1.0, 1.0, 1.0)):
    values = np.random.default_rng(1).normal(0, 60, inside.shape).astype(np.float32)
    return on_grid(values, spacing), on_grid(inside, spacing)


def test_a_nan_far_from_the_region_changes_nothing_even_for_splines():
    z, y, x = np.indices((20, 20, 120))
    image, mask = _large((x < 10) & (abs(y - 10) < 5) & (abs(z - 10) < 5))
    settings = profile_from({"setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5]}}, "settings.yaml")
    clean, dirty = extract(image, mask, settings), extract(_changed(image, (10, 10, 115), np.nan), mask, settings)
    assert dirty.status is RegionStatus.OK
    assert dirty.features == clean.features


def test_a_region_that_vanishes_in_resampling_says_so():
    _, mask = _large(np.zeros((20, 20, 20), dtype=bool))
    mask = _changed(mask, (10, 10, 10), 1)
    mask = _changed(mask, (11, 11, 11), 1)
    image, _ = _large(np.zeros((20, 20, 20), dtype=bool))
    found = extract(image, mask, profile_from({"setting": {"resampledPixelSpacing": [5, 5, 5]}}, "settings.yaml"))
    assert found.status in {RegionStatus.VANISHED, RegionStatus.TOO_SMALL}
    assert "spacing" in found.notes[0] or "voxel" in found.notes[0]


def test_an_image_too_small_for_a_filter_keeps_its_other_features():
    document = {"imageType": {"Original": {}, "LoG": {"sigma": [2.0, 60.0]}}}
    found = extract(NOISE, BALL, profile_from(document, "settings.yaml"))
    assert found.status is RegionStatus.TOO_SMALL
    assert "log-sigma-60-0-mm-3D" in found.notes[0]
    unknown = {name.split("_")[0] for name, value in found.features.items() if np.isnan(value)}
    assert unknown == {"log-sigma-60-0-mm-3D"}


def test_too_many_grey_levels_are_measured_when_the_limit_is_raised():
    document = {"parameters": {"setting": {"binWidth": 0.1}, "featureClass": {"glszm": None}}, "max_levels": 10_000}
    found = extract(NOISE, BALL, profile_from(document, "settings.yaml"))
    assert found.status is RegionStatus.OK
    assert extract(NOISE, BALL, profile_from({**document, "max_levels": 100}, "s")).status is RegionStatus.ERROR


def test_clamping_takes_the_harm_out_of_an_artefact():
    settings = profile_from({"clamp": [-1024, 3071]}, "settings.yaml")
    found = extract(_changed(NOISE, (7, 6, 7), 2e5), BALL, settings)
    assert found.status is RegionStatus.OK
    assert found.features["original_firstorder_Maximum"] == 3071


def test_probabilities_are_a_mask_once_a_threshold_is_given():
    settings = profile_from({"probability_threshold": 0.5}, "settings.yaml")
    assert extract(NOISE, PROBABILITIES, settings).features == extract(NOISE, BALL, settings).features


def test_a_mask_of_another_geometry_is_corrected_as_pyradiomics_does_on_request():
    mask = _moved(BALL, (0.4, 0, 0))
    settings = profile_from({"setting": {"correctMask": True}}, "settings.yaml")
    found = extract(NOISE, mask, settings)
    assert found.status is RegionStatus.OK
    assert found.provenance["engine"] == "pyradiomics"


def test_shape_in_two_dimensions_is_left_to_the_library():
    document = {"setting": {"force2D": True}, "featureClass": {"shape2D": None, "firstorder": None}}
    found = extract(NOISE, MASKS["one slice"], profile_from(document, "settings.yaml"))
    assert found.status is RegionStatus.OK
    assert found.provenance["engine"] == "pyradiomics"
    assert found.features["original_shape2D_PixelSurface"] > 0


def test_regions_that_share_an_image_have_the_numbers_of_each_alone():
    settings = profile_from({"setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5]}}, "settings.yaml")
    names = ("ball", "hollow", "2 x 2 x 2")
    together = extract_regions(NOISE, {name: MASKS[name] for name in names} | {"none": _voxels()}, settings)
    assert list(together) == [*names, "none"]
    assert together["none"].status is RegionStatus.EMPTY
    for name in names:
        alone = extract(NOISE, MASKS[name], settings)
        assert furthest(together[name].features, alone.features)[0] < 1e-9


def test_what_was_given_is_not_changed():
    image, mask = sitk.Image(NOISE), sitk.Image(BALL)
    extract(image, mask, profile_from({"setting": {"normalize": True}, "clamp": [0, 10]}, "settings.yaml"))
    assert np.array_equal(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(NOISE))
    assert np.array_equal(sitk.GetArrayViewFromImage(mask), sitk.GetArrayViewFromImage(BALL))


def test_whole_numbers_of_eight_bits_are_binned_as_those_of_more():
    bright = sitk.RescaleIntensity(sitk.Cast(NOISE, sitk.sitkFloat64), -100, 355)
    bright = sitk.Clamp(bright, sitk.sitkFloat64, 0, 255)  # two widths above 255 are 49 in PyRadiomics with NumPy 2
    settings = profile_from({"setting": {"binWidth": 25}}, "test")
    short, long = (extract(sitk.Cast(bright, kind), BALL, settings) for kind in _WHOLE)
    assert short.status == RegionStatus.OK
    assert furthest(short.features, long.features)[0] < 1e-12


def test_masks_that_differ_in_direction_alone_are_told_apart():
    turned = sitk.Image(BALL)
    turned.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    assert "direction (-1.0" in extract(NOISE, turned, profile_from({}, "test")).notes[0]


def test_a_channel_that_the_mask_lacks_has_a_status():
    found = extract(NOISE, sitk.Compose([BALL, BALL]), profile_from({"setting": {"label_channel": 5}}, "test"))
    assert found.status == RegionStatus.ERROR


def test_an_image_for_which_a_package_lacks_is_an_error_and_not_too_small():
    found = extract(NOISE, BALL, profile_from({"imageType": {"Original": {}, "LBP3D": {}}}, "test"))
    if find_spec("trimesh"):
        pytest.skip("trimesh is here")
    assert found.status == RegionStatus.ERROR
    assert "trimesh" in found.notes[0]
    assert np.isfinite(found.features["original_firstorder_Mean"])
