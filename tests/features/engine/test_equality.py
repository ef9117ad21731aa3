"""The fast engine gives PyRadiomics' numbers, whatever the mask, the image and the settings."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics_phantoms import IMAGES, MASKS, furthest, on_grid

from medmtl.features.engine.extract import extract
from medmtl.features.engine.result import RegionStatus
from medmtl.features.engine.settings import profile_from

FEATURES = 1e-6  # relative, what the project promises; 1e-9 is usual
OPTIONS = (
    {"binWidth": 25},
    {"binCount": 16, "distances": [1, 2], "weightingNorm": "euclidean"},
    {"binWidth": 10, "force2D": True, "force2Ddimension": 1, "gldm_a": 1, "voxelArrayShift": 300},
    {"symmetricalGLCM": False, "weightingNorm": "infinity", "distances": [2]},
    {"weightingNorm": "no_weighting", "resegmentRange": [-60, 60], "binWidth": 7.5},
    {"weightingNorm": "manhattan", "resampledPixelSpacing": [1.3, 0, 1.9], "interpolator": "sitkBSpline"},
    {"resampledPixelSpacing": [2, 2, 2], "interpolator": "sitkLinear", "padDistance": 2, "binWidth": 12},
    {"normalize": True, "normalizeScale": 100, "removeOutliers": 2, "binWidth": 5, "preCrop": True},
)


def _both(image, mask, document):
    settings = profile_from(document, "settings.yaml")
    return extract(image, mask, settings), extract(image, mask, settings.model_copy(update={"engine": "pyradiomics"}))


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("mask", MASKS)
def test_odd_masks_and_images_give_the_numbers_of_pyradiomics(mask, image):
    number = list(MASKS).index(mask) + 3 * list(IMAGES).index(image)
    setting = {"minimumROIDimensions": 1, **OPTIONS[number % len(OPTIONS)]}
    fast, stock = _both(IMAGES[image], MASKS[mask], {"setting": setting})
    assert (fast.status is RegionStatus.OK) == (stock.status is RegionStatus.OK), (fast.notes, stock.notes)
    assert furthest(fast.features, stock.features)[0] < FEATURES, furthest(fast.features, stock.features)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_setting_gives_the_numbers_of_pyradiomics_in_filtered_images_too(options):
    document = {
        "setting": options,
        "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.5]}, "Wavelet": {"binWidth": 15}},
    }
    fast, stock = _both(IMAGES["noise"], MASKS["ball"], document)
    assert fast.status is stock.status is RegionStatus.OK, (fast.notes, stock.notes)
    assert furthest(fast.features, stock.features)[0] < FEATURES, furthest(fast.features, stock.features)


def test_the_other_image_types_of_pyradiomics_come_from_its_own_filters():
    types = ("Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D")
    document = {"setting": {"binWidth": 20}, "imageType": {kind: {} for kind in types}, "featureClass": {"glcm": []}}
    fast, stock = _both(IMAGES["smooth"], MASKS["hollow"], document)
    assert furthest(fast.features, stock.features)[0] < FEATURES
    assert {name.split("_")[0] for name in fast.features} == {
        "square", "squareroot", "logarithm", "exponential", "gradient", "lbp-2D"
    }  # fmt: skip


@pytest.mark.parametrize("wavelet", [{"wavelet": "db2", "level": 2}, {"wavelet": "haar", "start_level": 1}])
def test_wavelets_of_any_level_have_their_columns(wavelet):
    document = {"imageType": {"Wavelet": wavelet}, "featureClass": {"firstorder": ["Mean", "StandardDeviation"]}}
    fast, stock = _both(IMAGES["noise"], MASKS["ball"], document)
    assert len(fast.features) == 2 * (7 * wavelet.get("level", 1) + 1)
    assert np.isfinite(list(fast.features.values())).all()
    assert furthest(fast.features, stock.features)[0] < FEATURES


def test_features_asked_for_by_name_are_the_columns_deprecated_ones_too():
    chosen = {"firstorder": ["StandardDeviation"], "shape": ["Compactness1", "Sphericity"], "ngtdm": None}
    fast, stock = _both(IMAGES["noise"], MASKS["two components"], {"featureClass": chosen})
    assert len(fast.features) == 3 + 5
    assert furthest(fast.features, stock.features)[0] < FEATURES


@pytest.mark.parametrize("mode", [("relative", [0.2, 0.9]), ("sigma", [-1, 1]), ("absolute", [10])])
@pytest.mark.parametrize("shape_too", [False, True])
def test_re_segmentation_in_every_mode_gives_the_numbers_of_pyradiomics(mode, shape_too):
    setting = {"resegmentMode": mode[0], "resegmentRange": mode[1], "resegmentShape": shape_too}
    fast, stock = _both(IMAGES["noise"], MASKS["ball"], {"setting": setting})
    assert fast.status is RegionStatus.OK
    assert furthest(fast.features, stock.features)[0] < FEATURES


def test_a_tilted_image_is_resampled_on_the_grid_of_pyradiomics():
    cos, sin = np.cos(0.3), np.sin(0.3)
    image, mask = sitk.Image(IMAGES["smooth"]), sitk.Image(MASKS["ball"])
    for one in (image, mask):
        one.SetDirection((cos, -sin, 0, sin, cos, 0, 0, 0, 1))
    fast, stock = _both(image, mask, {"setting": {"resampledPixelSpacing": [1.5, 1.5, 1.5]}})
    assert fast.provenance["voxels_intensity"] > 100
    assert furthest(fast.features, stock.features)[0] < FEATURES


def test_a_small_region_in_a_large_image_is_interpolated_as_in_the_whole():
    rng = np.random.default_rng(4)
    values = rng.normal(0, 100, (70, 90, 100)).astype(np.float32)
    z, y, x = np.indices(values.shape)
    inside = ((z - 33) ** 2 + (y - 45) ** 2 + (x - 51) ** 2) < 60
    image, mask = on_grid(values, (0.8, 0.9, 1.7)), on_grid(inside, (0.8, 0.9, 1.7))
    document = {"setting": {"resampledPixelSpacing": [1, 1, 1]}, "imageType": {"Original": {}, "LoG": {"sigma": [1]}}}
    fast, stock = _both(image, mask, document)
    assert furthest(fast.features, stock.features)[0] < 1e-9


def test_another_label_is_measured_on_request():
    labels = sitk.Cast(MASKS["ball"], sitk.sitkInt16) * 3
    settings = profile_from({"setting": {"label": 3}}, "settings.yaml")
    alone = extract(IMAGES["noise"], MASKS["ball"], profile_from({}, "settings.yaml"))
    assert extract(IMAGES["noise"], labels, settings).features == alone.features
    assert extract(IMAGES["noise"], labels, profile_from({}, "settings.yaml"), label=3).features == alone.features
