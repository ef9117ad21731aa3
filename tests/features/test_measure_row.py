"""One line of a table measured, whatever its files hold: a row with a status and a reason each."""

from dataclasses import replace
from math import isfinite, isnan
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from medmtl.features.engine.settings import profile_from
from medmtl.features.image_row import ExtractionPlan, ImageRow
from medmtl.features.measure_row import feature_columns, measure_row
from medmtl.features.regions import ALL_REGIONS, RegionName

SIZE = (18, 20, 24)  # z, y, x
SPACING = (2.0, 2.0, 3.0)  # x, y, z


def _settings(image_types=None, **setting):
    document = {
        "setting": {"binWidth": 10, **setting},
        "featureClass": {"shape": None, "firstorder": None, "glcm": None},
    }
    return profile_from(document | ({"imageType": image_types} if image_types else {}), "test")


PLAN = ExtractionPlan(_settings())


def _ball(radius=4.0):
    z, y, x = np.indices(SIZE)
    return ((z - 9) ** 2 + (y - 10) ** 2 + (x - 12) ** 2 <= radius**2).astype(np.uint8)


def _noise(seed=0):
    return np.random.default_rng(seed).normal(50, 20, SIZE).astype(np.float32)


def _write(array, path, spacing=SPACING, origin=(0.0, 0.0, 0.0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    sitk.WriteImage(image, str(path))
    return path


def _row(folder, image=None, mask=None, **given):
    image = _write(_noise() if image is None else image, folder / "image.mha")
    mask = mask if isinstance(mask, Path) else _write(_ball() if mask is None else mask, folder / "mask.nii.gz")
    return ImageRow(line=2, case_id="A", image=image, mask=mask, **given)


def _is_whole(found, plan=PLAN):
    """Whether every row has all columns, and a reason unless all is well."""
    return all(
        tuple(one.features) == feature_columns(plan) and (one.status == "ok") == (one.reason == "") for one in found
    )


def test_a_good_line_has_its_numbers(tmp_path):
    (found,) = measure_row(_row(tmp_path), PLAN)
    assert (found.part, found.region, found.status, found.reason) == ("label 1", "mask", "ok", "")
    assert all(isfinite(value) for value in found.features.values())
    inside = _noise()[_ball() > 0]
    assert found.features["original_firstorder_Mean"] == pytest.approx(inside.mean(), rel=1e-5)
    assert found.volume_ml == pytest.approx(inside.size * 0.012)


def _far_nan():
    image = _noise()
    image[0, 0, 0] = np.nan
    return image


def _near_nan():
    image = _noise()
    image[9, 10, 12] = np.inf
    return image


def _one_hot():
    image = _noise()
    image[9, 10, 12] = 2e5
    return image


def _few(*voxels):
    mask = np.zeros(SIZE, dtype=np.uint8)
    for voxel in voxels:
        mask[voxel] = 1
    return mask


SPLINE = {"resampledPixelSpacing": [2, 2, 2]}
ODD = {
    "NaN far outside, with a spline": (_far_nan(), None, _settings(**SPLINE), {"ok", "nonfinite"}),
    "NaN far outside, as it is": (_far_nan(), None, _settings(), {"ok"}),
    "infinity in the region": (_near_nan(), None, _settings(), {"nonfinite"}),
    "probabilities for a mask": (None, _ball() * np.float32(0.7), _settings(), {"error"}),
    "label absent": (None, _ball() * np.uint8(3), _settings(), {"empty"}),
    "empty": (None, _few(), _settings(), {"empty"}),
    "one voxel": (None, _few((9, 9, 9)), _settings(), {"too_small"}),
    "full mask": (None, np.ones(SIZE, dtype=np.uint8), _settings(), {"ok"}),
    "vanishing": (
        None,
        _few((9, 9, 9), (10, 10, 10)),
        _settings(resampledPixelSpacing=[9, 9, 9]),
        {"vanished", "too_small"},
    ),
    "one voxel of 2e5": (_one_hot(), None, _settings(), {"error"}),
    "an image smaller than the filter": (
        None,
        None,
        _settings({"LoG": {"sigma": [3.0]}}, resampledPixelSpacing=[12, 12, 18]),
        {"too_small", "vanished", "error"},
    ),
}


@pytest.mark.parametrize("regions", [(RegionName.MASK,), ALL_REGIONS])
@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_a_row_with_a_status_and_a_reason(tmp_path, name, regions):
    image, mask, settings, statuses = ODD[name]
    plan = ExtractionPlan(settings, regions)
    found = measure_row(_row(tmp_path, image, mask), plan)
    assert [one.region for one in found] == [region.value for region in regions]
    assert found[0].status in statuses, found[0].reason
    assert _is_whole(found, plan)


def test_probabilities_are_measured_where_the_threshold_is_set(tmp_path):
    settings = _settings().model_copy(update={"probability_threshold": 0.5})
    (found,) = measure_row(_row(tmp_path, mask=_ball() * np.float32(0.7)), ExtractionPlan(settings))
    (same,) = measure_row(_row(tmp_path), PLAN)
    assert dict(found.features) == dict(same.features)


@pytest.mark.parametrize("regions", [(RegionName.MASK,), ALL_REGIONS])
def test_a_mask_elsewhere_is_told(tmp_path, regions):
    moved = _write(_ball(), tmp_path / "moved.nii.gz", origin=(0.4, 0.0, 0.0))
    smaller = _write(_ball()[1:], tmp_path / "smaller.nii.gz")
    for mask in (moved, smaller):
        found = measure_row(_row(tmp_path, mask=mask), ExtractionPlan(_settings(), regions))
        assert found[0].status == "geometry"
        assert "one grid" in found[0].reason


def test_a_nifti_that_is_not_finite_is_refused_since_its_reader_would_give_zeros(tmp_path):
    row = replace(_row(tmp_path), image=_write(_far_nan(), tmp_path / "image.nii.gz"))
    (found,) = measure_row(row, PLAN)
    assert found.status == "nonfinite"
    assert "Found 1" in found.reason


def test_files_that_are_missing_or_no_images_are_told(tmp_path):
    text = tmp_path / "text.nii.gz"
    text.write_text("no image")
    for mask, words in ((tmp_path / "none.nii.gz", "does not exist"), (text, "text.nii.gz")):
        (found,) = measure_row(_row(tmp_path, mask=mask), PLAN)
        assert found.status == "error"
        assert words in found.reason


def test_a_fault_of_the_line_itself_is_its_reason(tmp_path):
    (found,) = measure_row(ImageRow(line=4, case_id="x", fault="Label must be a whole number"), PLAN)
    assert (found.status, found.reason) == ("error", "Label must be a whole number")


def test_equal_regions_have_equal_numbers_and_derived_ones_those_of_a_mask_drawn_so(tmp_path):
    plan = ExtractionPlan(_settings(), ALL_REGIONS, suv=True)
    found = {one.region: one for one in measure_row(_row(tmp_path), plan)}
    assert found["dilated_1mm"].features == found["mask"].features  # less than the spacing
    hot = (_noise() >= 4) & (_ball() > 0)
    (drawn,) = measure_row(_row(tmp_path, mask=hot.astype(np.uint8)), PLAN)
    for name, value in drawn.features.items():
        assert found["suv_4"].features[name] == pytest.approx(value, rel=1e-9), name
    assert found["shell_2mm"].volume_ml == pytest.approx(found["dilated_2mm"].volume_ml - found["mask"].volume_ml)


def test_thresholds_without_a_pet_have_a_status_and_the_others_their_numbers(tmp_path):
    found = {one.region: one.status for one in measure_row(_row(tmp_path), ExtractionPlan(_settings(), ALL_REGIONS))}
    assert {name for name, status in found.items() if status == "error"} == {"suv_2_5", "suv_4", "suv_40_percent"}
    assert found["mask"] == "ok"


def test_a_pet_on_its_own_grid_gives_the_thresholds(tmp_path):
    pet = _write(np.full((9, 12, 14), 5.0, np.float32), tmp_path / "pet.nii.gz", (4.0, 4.0, 6.5), (-2.0, -2.0, -2.0))
    plan = ExtractionPlan(_settings(), (RegionName.MASK, RegionName.SUV_4))
    mask, hot = measure_row(_row(tmp_path, pet=pet), plan)
    assert hot.features == mask.features


def test_labels_their_union_and_lesions_are_parts(tmp_path):
    labels = np.zeros(SIZE, dtype=np.uint8)
    labels[4:8, 4:8, 4:8] = 1
    labels[12:15, 12:15, 4:7] = 2
    labels[12:15, 12:15, 14:18] = 2
    plan = ExtractionPlan(_settings(), labels={"GTVp": 1, "GTVn": 2}, union=True, lesions=True)
    found = measure_row(_row(tmp_path, mask=labels), plan)
    assert [one.part for one in found] == ["GTVp", "GTVn", "union", "lesion 1", "lesion 2", "lesion 3"]
    voxels = [round(one.volume_ml / 0.012) for one in found]
    assert voxels == [64, 63, 127, 64, 36, 27]


def test_the_clinics_measures_come_with_suv_alone(tmp_path):
    (found,) = measure_row(_row(tmp_path), ExtractionPlan(_settings(), suv=True))
    assert found.features["suv_max"] == pytest.approx(_noise()[_ball() > 0].max())
    assert found.features["n_lesions"] == 1
    assert "suv_max" not in feature_columns(PLAN)


def test_every_perturbation_is_measured_and_the_unchanged_equals_the_plain(tmp_path):
    bigger = _write(_ball(5.0), tmp_path / "member.nii.gz")
    settings = _settings().model_copy(update={"probability_threshold": 0.5})
    row = _row(tmp_path, mask=_ball() * np.float32(0.55), others=(bigger,))
    plain, *repeats = measure_row(row, ExtractionPlan(settings, perturb=True))
    found = {one.perturbation: one for one in repeats}
    assert [*found] == [
        *("unchanged", "grown", "shrunk", "noise 1", "noise 2", "translated -0.25", "translated +0.25"),
        *("threshold -0.1", "threshold +0.1", "member 1"),
    ]
    assert plain.perturbation == ""
    assert found["unchanged"].features == pytest.approx(dict(plain.features), rel=1e-9)
    assert found["shrunk"].volume_ml < plain.volume_ml < found["grown"].volume_ml
    assert found["threshold -0.1"].features == found["unchanged"].features
    assert found["threshold +0.1"].status == "empty"
    assert isnan(found["threshold +0.1"].features["original_firstorder_Mean"])
    assert found["member 1"].volume_ml == pytest.approx(_ball(5.0).sum() * 0.012)
