"""One case measured, whatever its mask looks like."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics.featureextractor import RadiomicsFeatureExtractor

from medmtl.features.base import CaseFeatures, FeatureStatus
from medmtl.features.extract import extract_case, feature_names
from medmtl.features.settings import RadiomicsSettings
from medmtl.imaging.image import to_sitk
from medmtl.records import Grid, Image

CT_GRID = Grid((60, 56, 40), (1.5, 1.5, 2.5), (-40.0, -35.0, 12.0))
PET_GRID = Grid((30, 30, 30), (4.0, 4.0, 4.0), (-50.0, -45.0, 5.0))
SETTINGS = RadiomicsSettings()


def _points(grid):
    axes = [o + s * np.arange(n) for o, s, n in zip(grid.origin, grid.spacing, grid.size, strict=True)]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    return x, y, z


def _images(seed=0):
    rng = np.random.default_rng(seed)
    x, y, z = _points(PET_GRID)
    hot = 8 * np.exp(-((x - 4) ** 2 + (y - 4) ** 2 + (z - 60) ** 2) / 400)
    pet = Image((hot + rng.random(hot.shape)).astype(np.float32), PET_GRID)
    ct = Image(rng.normal(40, 60, CT_GRID.size[::-1]).astype(np.float32), CT_GRID)
    return pet, ct


def _ball(radius_mm=15.0, label=1):
    x, y, z = _points(CT_GRID)
    inside = (x - 4) ** 2 + (y - 4) ** 2 + ((z - 60) / 1.2) ** 2 <= radius_mm**2
    return Image((inside * label).astype(np.uint8), CT_GRID)


def _mask_of(*voxels):
    array = np.zeros(CT_GRID.size[::-1], dtype=np.uint8)
    for voxel in voxels:
        array[voxel] = 1
    return Image(array, CT_GRID)


def _stock(image, mask, bin_width, settings):
    extractor = RadiomicsFeatureExtractor(
        binWidth=bin_width,
        resampledPixelSpacing=[settings.spacing_mm] * 3,
        padDistance=settings.pad_voxels,
        additionalInfo=False,
        geometryTolerance=1e-3,
    )
    extractor.enableImageTypes(Original={}, LoG={"sigma": list(settings.log_sigma_mm)})
    return extractor.execute(to_sitk(image), to_sitk(mask))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:radiomics", "ignore::RuntimeWarning:radiomics")
def test_every_feature_equals_that_of_pyradiomics_on_the_whole_images():
    pet, ct = _images()
    settings = RadiomicsSettings(image_types=("Original", "LoG"), log_sigma_mm=(3.0,))
    found = extract_case(pet, ct, _ball(), settings)
    assert found.status is FeatureStatus.OK
    expected = {f"pet_{k}": v for k, v in _stock(pet, _ball(), 0.25, settings).items()}
    expected |= {f"ct_{k}": v for k, v in _stock(ct, _ball(), 25.0, settings).items()}
    for name, value in found.values.items():
        if name.startswith(("pet_", "ct_")):
            assert value == pytest.approx(float(np.real(expected[name])), rel=1e-5, abs=1e-7), name
        elif name.startswith("mask_"):
            assert value == pytest.approx(float(np.real(expected[name.replace("mask_", "ct_")])), rel=1e-9), name


def test_the_names_are_those_of_pyradiomics_and_do_not_depend_on_the_case():
    settings = RadiomicsSettings(image_types=("Original", "LoG", "Wavelet"), log_sigma_mm=(3.0, 5.0))
    found = extract_case(*_images(), _ball(), settings)
    assert tuple(found.values) == feature_names(settings)
    assert not any(np.isnan(value) for value in found.values.values())
    assert len(feature_names(SETTINGS)) == 4 + 14 + 2 * 93
    assert "pet_original_glcm_Contrast" in feature_names(SETTINGS)


def test_conventional_features_of_a_uniform_uptake_are_known():
    _, ct = _images()
    pet = Image(np.full(PET_GRID.size[::-1], 4.0, dtype=np.float32), PET_GRID)
    values = extract_case(pet, ct, _ball(), SETTINGS).values
    volume = int(_ball().array.sum()) * 1.5 * 1.5 * 2.5 / 1000
    assert values["volume_ml"] == pytest.approx(volume)
    assert (values["suv_max"], values["suv_mean"]) == pytest.approx((4.0, 4.0))
    assert values["tlg"] == pytest.approx(4.0 * volume)


def test_an_empty_mask_has_volume_zero_and_no_suv():
    found = extract_case(*_images(), _mask_of(), SETTINGS)
    assert (found.status, found.reason) == (FeatureStatus.EMPTY, "the mask is empty")
    assert (found.values["volume_ml"], found.values["tlg"]) == (0.0, 0.0)
    assert np.isnan(found.values["suv_max"])
    assert tuple(found.values) == feature_names(SETTINGS)


@pytest.mark.parametrize(
    "mask",
    [
        _mask_of((20, 28, 30)),
        _mask_of((20, 28, 30), (21, 29, 31)),
        _mask_of((slice(18, 20), slice(27, 29), slice(30, 32))),
    ],
)
def test_a_mask_too_small_for_textures_keeps_its_volume(mask):
    found = extract_case(*_images(), mask, SETTINGS)
    assert found.status is FeatureStatus.TOO_SMALL
    assert found.values["volume_ml"] == pytest.approx(mask.array.sum() * 5.625 / 1000)
    assert found.values["suv_max"] > 0
    assert np.isnan(found.values["pet_original_glcm_Contrast"])


@pytest.mark.parametrize(
    "region",
    [
        (slice(20, 21), slice(None), slice(None)),
        (slice(10, 30), slice(0, 20), slice(0, 20)),
        (slice(None, None, 3), slice(10, 50, 3), slice(10, 50, 3)),
        (slice(5, 35), slice(20, 22), slice(20, 22)),
        (slice(10, 30, 12), slice(10, 30), slice(10, 30)),
    ],
    ids=["one slice", "at the border", "scattered", "a rod", "two parts"],
)
def test_an_odd_mask_gets_a_status_and_never_raises(region):
    found = extract_case(*_images(), _mask_of(region), SETTINGS)
    assert found.status in FeatureStatus
    assert found.values["volume_ml"] > 0
    assert all(isinstance(value, float) for value in found.values.values())


def test_a_whole_image_as_mask_reaches_beyond_a_smaller_pet():
    _, ct = _images()
    small = Image(np.ones((5, 5, 5), dtype=np.float32), Grid((5, 5, 5), (4.0, 4.0, 4.0), (0.0, 0.0, 50.0)))
    found = extract_case(small, ct, _mask_of((slice(None),) * 3), SETTINGS)
    assert (found.status, found.reason[:32]) == (FeatureStatus.ERROR, "the mask must lie within the PET")


def test_one_voxel_that_is_no_number_is_an_error_with_its_reason():
    pet, ct = _images()
    ct.array[0, 0, 0] = np.nan
    found = extract_case(pet, ct, _ball(), SETTINGS)
    assert found.status is FeatureStatus.ERROR
    assert found.reason == "every voxel of the CT must be a finite number. Found 1 that are not"


def test_a_mask_on_another_grid_is_an_error():
    shifted = Grid(CT_GRID.size, CT_GRID.spacing, (-39.0, -35.0, 12.0))
    found = extract_case(*_images(), Image(_ball().array, shifted), SETTINGS)
    assert found.status is FeatureStatus.ERROR
    assert "must lie on the CT's grid" in found.reason


def test_an_extreme_voxel_does_not_ask_for_thousands_of_grey_levels():
    pet, ct = _images()
    pet.array[15, 12, 13] = 2e5
    found = extract_case(pet, ct, _ball(), SETTINGS)
    assert found.status is FeatureStatus.OK
    assert found.values["suv_max"] <= 100.0


def test_a_uniform_image_has_finite_features():
    pet = Image(np.ones(PET_GRID.size[::-1], dtype=np.float32), PET_GRID)
    ct = Image(np.zeros(CT_GRID.size[::-1], dtype=np.int16), CT_GRID)
    found = extract_case(pet, ct, _ball(), SETTINGS)
    assert found.status is FeatureStatus.OK
    assert found.values["ct_original_firstorder_Mean"] == pytest.approx(0.0, abs=1e-6)


def test_every_label_but_zero_is_measured_unless_labels_are_chosen():
    array = _ball().array.copy()
    array[_ball(9.0).array > 0] = 2
    mask = Image(array, CT_GRID)
    both = extract_case(*_images(), mask, SETTINGS).values["volume_ml"]
    core = extract_case(*_images(), mask, RadiomicsSettings(labels=(2,))).values["volume_ml"]
    assert both == extract_case(*_images(), _ball(), SETTINGS).values["volume_ml"]
    assert core == extract_case(*_images(), _ball(9.0), SETTINGS).values["volume_ml"]


def test_features_survive_json_with_their_gaps():
    found = extract_case(*_images(), _mask_of(), SETTINGS)
    again = CaseFeatures.from_dict(found.to_dict())
    assert (again.status, again.reason) == (found.status, found.reason)
    np.testing.assert_equal(dict(again.values), dict(found.values))


def test_pyradiomics_writes_nothing_to_the_terminal(capfd):
    extract_case(*_images(), _ball(), RadiomicsSettings(image_types=("LoG",), log_sigma_mm=(3.0,)))
    assert capfd.readouterr() == ("", "")


def test_the_surroundings_reach_four_widths_of_the_filter():
    assert RadiomicsSettings().pad_voxels == 5
    assert RadiomicsSettings(image_types=("LoG",), log_sigma_mm=(2.0, 6.0)).pad_voxels == 8


def test_a_mask_in_another_direction_gives_the_same_volume_and_suv():
    turned = sitk.DICOMOrient(to_sitk(_ball()), "RAS")
    ct = sitk.DICOMOrient(to_sitk(_images()[1]), "RAS")
    grid = Grid(turned.GetSize(), turned.GetSpacing(), turned.GetOrigin(), turned.GetDirection())
    mask, image = (Image(sitk.GetArrayFromImage(each), grid) for each in (turned, ct))
    found = extract_case(_images()[0], image, mask, SETTINGS).values
    expected = extract_case(*_images(), _ball(), SETTINGS).values
    for name in ("volume_ml", "suv_max", "suv_mean", "tlg"):
        assert found[name] == pytest.approx(expected[name])


def test_further_regions_add_columns_and_leave_those_of_the_mask_as_they_are():
    pet, ct = _images()
    more = SETTINGS.model_copy(update={"regions": ("dilated_2mm", "shell_8mm", "suv_4", "box")})
    alone, found = extract_case(pet, ct, _ball(20.0), SETTINGS), extract_case(pet, ct, _ball(20.0), more)
    assert tuple(found.values) == feature_names(more)
    for name, value in alone.values.items():
        assert found.values[name] == pytest.approx(value, rel=1e-6), name
    volume = {name: found.values[f"{name}_mask_original_shape_VoxelVolume"] for name in more.regions}
    own = found.values["mask_original_shape_VoxelVolume"]
    assert volume["suv_4"] < own < volume["dilated_2mm"] < volume["box"] < 4 * own
    hot, whole = (f"{start}pet_original_firstorder_Minimum" for start in ("suv_4_", ""))
    assert found.values[hot] > found.values[whole]


def test_a_further_region_that_is_too_small_has_no_number_and_the_mask_has():
    pet, ct = _images()
    cold = Image(np.ones_like(pet.array), pet.grid)
    found = extract_case(cold, ct, _ball(), SETTINGS.model_copy(update={"regions": ("suv_4",)}))
    assert found.status is FeatureStatus.OK
    assert np.isnan(found.values["suv_4_pet_original_firstorder_Mean"])
    assert np.isfinite(found.values["pet_original_firstorder_Mean"])


@pytest.mark.parametrize("names", [["mask"], ["box", "box"], ["ring"]])
def test_further_regions_are_named_once_and_are_not_the_mask(names):
    with pytest.raises(ValueError, match="regions"):
        RadiomicsSettings(regions=names)


def test_a_label_is_measured_by_itself_beside_all_of_them():
    pet, ct = _images()
    whole = _ball(15.0).array
    whole[:, :, :30] *= 2
    mask = Image(whole, CT_GRID)
    both = extract_case(pet, ct, mask, RadiomicsSettings(parts={"GTVp": 1, "GTVn": 2}))
    assert set(both.values) == set(feature_names(RadiomicsSettings(parts={"GTVp": 1, "GTVn": 2})))
    assert {name: both.values[name] for name in feature_names(SETTINGS)} == extract_case(pet, ct, mask, SETTINGS).values
    for name, label in (("GTVp", 1), ("GTVn", 2)):
        alone = extract_case(pet, ct, mask, RadiomicsSettings(labels=(label,))).values
        assert {k: both.values[f"{name}_{k}"] for k in alone} == pytest.approx(alone, rel=1e-6, abs=1e-9)
    absent = extract_case(pet, ct, _ball(), RadiomicsSettings(parts={"GTVn": 2}))
    assert absent.status is FeatureStatus.OK
    assert absent.values["GTVn_volume_ml"] == 0
    assert np.isnan(absent.values["GTVn_pet_original_glcm_Contrast"])


@pytest.mark.parametrize("parts", [{"box": 1}, {"pet": 1}, {"a b": 1}, {"a": 1, "b": 1}, {"a": 0}])
def test_parts_have_names_and_labels_of_their_own(parts):
    with pytest.raises(ValueError, match="`parts` must give labels"):
        RadiomicsSettings(parts=parts)
    with pytest.raises(ValueError, match=r"must be among `labels` \[1\]. Found \[2\]"):
        RadiomicsSettings(labels=(1,), parts={"GTVn": 2})
