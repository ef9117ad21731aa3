"""Textures of the profile `ibsi` look at neighbours in the volume, in the slice, or slice by slice."""

from itertools import product

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from radiomics_phantoms import IMAGES, MASKS, on_grid

from medmtl.features.engine.columns import column_metadata
from medmtl.features.engine.extract import extract
from medmtl.features.engine.result import RegionStatus
from medmtl.features.engine.settings import profile_from

LEVELS = {"kind": "fixed_bin_size", "width": 25, "lowest": -1000}
TEXTURES = ["glcm", "gldm", "glrlm", "glszm", "ngtdm"]
SCALED = ("Idn", "Idmn")  # by the number of levels in the whole region
NO_NUMBER_OF_IBSI = ("MCC",)
DIRECTIONS = [d for d in product((-1, 0, 1), repeat=3) if d > (0, 0, 0)]


def _profile(dimension, classes=TEXTURES):
    how = {"spacing_mm": None, "discretisation": LEVELS, "feature_classes": classes, "texture_dimension": dimension}
    return profile_from({"profile": "ibsi", "ibsi": how}, "settings.yaml")


def _measured(image, mask, dimension, classes=TEXTURES):
    found = extract(image, mask, _profile(dimension, classes))
    assert found.status is RegionStatus.OK
    kept = {name: value for name, value in found.features.items() if name.split("_")[2] not in NO_NUMBER_OF_IBSI}
    assert np.isfinite(list(kept.values())).all()
    return kept


def _in_slice(mask, z):
    alone = np.zeros_like(mask)
    alone[z] = mask[z]
    return on_grid(alone)


def test_slice_by_slice_is_the_mean_over_slices_measured_alone():
    mask = sitk.GetArrayFromImage(MASKS["ball"]) > 0
    alone = [_measured(IMAGES["noise"], _in_slice(mask, z), "2.5D") for z in np.flatnonzero(mask.sum(axis=(1, 2)) > 1)]
    assert len(alone) > 5
    for name, value in _measured(IMAGES["noise"], MASKS["ball"], "2D").items():
        if name.split("_")[2] not in SCALED:
            assert value == pytest.approx(np.mean([one[name] for one in alone]), rel=1e-9), name


@pytest.mark.parametrize("ending", ["", "_merged"])
def test_levels_scale_by_the_whole_region_in_every_slice(ending):
    z, y, x = np.indices((14, 13, 15))
    image = on_grid((-1000 + 25 * (z + x % 2)).astype(np.float32))
    mask = on_grid((z < 4) & (y < 5) & (x < 6))
    found = _measured(image, mask, "2D", ["glcm"])
    apart = found[f"original_glcm_DifferenceAverage{ending}"]  # levels z + 1 and z + 2: 5 in the region, 2 in a slice
    assert found[f"original_glcm_Idn{ending}"] == pytest.approx(1 - apart + apart / (1 + 1 / 5))


def test_in_the_slice_neighbours_above_and_below_do_not_count():
    z, _, _ = np.indices((14, 13, 15))
    image, mask = on_grid((100.0 * z).astype(np.float32)), MASKS["whole image"]
    assert _measured(image, mask, "2.5D", ["glcm"])["original_glcm_Contrast"] == 0
    assert _measured(image, mask, "3D", ["glcm"])["original_glcm_Contrast"] > 0


def test_a_region_of_one_slice_is_the_same_slice_by_slice_and_over_all_slices():
    assert _measured(IMAGES["noise"], MASKS["one slice"], "2D") == pytest.approx(
        _measured(IMAGES["noise"], MASKS["one slice"], "2.5D"), rel=1e-12
    )


def test_a_direction_in_which_no_two_voxels_lie_on_one_line_has_runs_of_one():
    inside = sitk.GetArrayFromImage(MASKS["tilted plane"]) > 0
    found = _measured(IMAGES["flat"], MASKS["tilted plane"], "3D", ["glrlm"])
    expected = [np.mean(1 / np.array(_runs(inside, direction)) ** 2.0) for direction in DIRECTIONS]
    assert found["original_glrlm_ShortRunEmphasis"] == pytest.approx(np.mean(expected))


def _runs(inside, direction):
    places = {tuple(one) for one in np.argwhere(inside)}
    step = np.array(direction)
    starts = [one for one in places if tuple(np.array(one) - step) not in places]
    return [next(n for n in range(1, 99) if tuple(np.array(one) + n * step) not in places) for one in starts]


def test_a_voxel_without_neighbours_has_no_part_in_tone_differences():
    mask = sitk.GetArrayFromImage(MASKS["ball"]) > 0
    mask[0, 0, 0] = True
    with_lonely = _measured(IMAGES["smooth"], on_grid(mask), "3D", ["ngtdm"])
    assert with_lonely == pytest.approx(_measured(IMAGES["smooth"], MASKS["ball"], "3D", ["ngtdm"]), rel=1e-12)


def test_a_region_of_lonely_voxels_has_no_tone_differences():
    found = extract(IMAGES["noise"], MASKS["two far voxels"], _profile("3D", ["ngtdm"]))
    assert np.isnan(list(found.features.values())).all()


@pytest.mark.parametrize("dimension", ["2D", "2.5D", "3D"])
@pytest.mark.parametrize("mask", MASKS)
def test_no_mask_stops_a_dimension(mask, dimension):
    found = extract(IMAGES["noise"], MASKS[mask], _profile(dimension))
    assert found.status is RegionStatus.OK
    zones = [value for name, value in found.features.items() if "_glszm_" in name]
    assert np.isfinite(zones).all()


def test_a_line_across_slices_has_no_pair_in_any_of_them():
    z, y, x = np.indices((14, 13, 15))
    found = extract(IMAGES["noise"], on_grid((y == 6) & (x == 7) & (z > 2)), _profile("2D")).features
    assert np.isnan(found["original_glcm_Contrast"])
    assert found["original_glszm_ZonePercentage"] == 1


@pytest.mark.parametrize(
    ("dimension", "codes"),
    [("3D", ("ITBB", "IAZD", "KOBO")), ("2.5D", ("JJUI", "ZW7Z", "62GR")), ("2D", ("BTW3", "SUJT", "8QNN"))],
)
def test_columns_carry_the_code_of_their_aggregation(dimension, codes):
    told = column_metadata(_profile(dimension, ["firstorder", "glrlm", "glszm"]))
    names = ("glrlm_RunEntropy", "glrlm_RunEntropy_merged", "glszm_ZoneEntropy", "firstorder_Mean")
    assert [told[f"original_{name}"]["ibsi_aggregation"] for name in names] == [*codes, ""]


@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        ({}, ("ITBB", "KOBO")),
        ({"force2D": True}, ("JJUI", "62GR")),
        ({"weightingNorm": "no_weighting"}, ("IAZD", "KOBO")),
        ({"weightingNorm": "euclidean"}, ("", "KOBO")),
    ],
)
def test_columns_of_pyradiomics_carry_the_code_of_what_its_settings_make(setting, codes):
    told = column_metadata(profile_from({"setting": setting}, "settings.yaml"))
    names = ("glcm_Contrast", "gldm_DependenceEntropy")
    assert tuple(told[f"original_{name}"]["ibsi_aggregation"] for name in names) == codes


@pytest.mark.parametrize("how", [{"resegment_range": [-500, 400]}, {"outlier_sigma": 3}, {}])
def test_a_value_that_is_no_number_is_refused_and_not_overlooked_by_resegmentation(how):
    values = sitk.GetArrayFromImage(IMAGES["noise"])
    values[7, 6, 7] = np.nan
    settings = profile_from({"profile": "ibsi", "ibsi": {"spacing_mm": None, **how}}, "settings.yaml")
    assert extract(on_grid(values), MASKS["ball"], settings).status is RegionStatus.NONFINITE
