"""The profile `ibsi` gives IBSI's reference values, and every option of it does what IBSI says."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from ibsi_tables import DOCS, SETTINGS, TRIALS, ibsi_page, ibsi_rows
from radiomics_phantoms import IMAGES, MASKS, on_grid

from medmtl.errors import MedmtlError
from medmtl.features.engine.columns import column_metadata, column_names
from medmtl.features.engine.extract import extract
from medmtl.features.engine.result import RegionStatus
from medmtl.features.engine.settings import profile_from


def _profile(**how):
    return profile_from({"profile": "ibsi", "ibsi": {"spacing_mm": None, **how}}, "settings.yaml")


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "dimension"), TRIALS)
def test_every_feature_of_the_phantoms_is_within_the_tolerance_of_ibsi(name, dimension, shared_data):
    rows = ibsi_rows(shared_data.parent, name, dimension)
    assert len(rows) == (153 if name in ("digital", "C") else 71)
    assert [row for row in rows if not row[-1]] == []


@pytest.mark.shared_data
def test_the_table_of_ibsi_results_in_the_documents_is_what_is_measured_now(shared_data):
    assert (DOCS / "ibsi_results.md").read_text("utf-8") == ibsi_page(shared_data.parent)


def test_a_fixed_number_of_levels_spans_the_region():
    found = extract(IMAGES["noise"], MASKS["ball"], _profile(discretisation={"kind": "fixed_bin_number", "levels": 2}))
    inside = sitk.GetArrayFromImage(IMAGES["noise"])[sitk.GetArrayFromImage(MASKS["ball"]) > 0].astype(float)
    share = np.mean(inside >= (inside.min() + inside.max()) / 2)
    assert found.features["original_firstorder_Uniformity"] == pytest.approx(share**2 + (1 - share) ** 2)


def test_a_fixed_lower_edge_keeps_levels_comparable_between_cases():
    how = {"kind": "fixed_bin_size", "width": 25, "lowest": -1000}
    flat = on_grid(np.full((14, 13, 15), 37.3, dtype=np.float32))
    found = extract(flat, MASKS["ball"], _profile(discretisation=how))
    assert found.features["original_glcm_JointAverage"] == (37.3 + 1000) // 25 + 1


def test_values_below_the_lowest_level_are_refused_with_a_word_on_what_to_do():
    found = extract(IMAGES["noise"], MASKS["ball"], _profile(discretisation={"kind": "fixed_bin_size", "lowest": 0}))
    assert found.status is RegionStatus.ERROR
    assert "resegment_range" in found.notes[0]


def test_outliers_leave_the_intensities_and_not_the_shape():
    values = sitk.GetArrayFromImage(IMAGES["noise"])
    values[7, 6, 7] = 5000
    image = on_grid(values)
    found = extract(image, MASKS["ball"], _profile(outlier_sigma=3))
    assert found.provenance["voxels_morphological"] - found.provenance["voxels_intensity"] >= 1
    assert found.features["original_firstorder_Maximum"] < 1000
    untouched = extract(image, MASKS["ball"], _profile())
    assert found.features["original_shape_MeshVolume"] == untouched.features["original_shape_MeshVolume"]


def test_the_interpolated_grid_shares_its_centre_with_the_image():
    _, y, x = np.indices((9, 11, 13)).astype(np.float32)
    image, mask = on_grid(10 * x + y, (1, 1, 1)), on_grid(np.ones((9, 11, 13), dtype=bool), (1, 1, 1))
    how = {"spacing_mm": [2, 2, 2], "interpolation": "linear", "round_to": None}
    found = extract(image, mask, _profile(**how)).features
    centre = 10 * 6 + 5  # 7 x 6 points two apart about the same centre, the outermost half a voxel outside or on it
    assert found["original_firstorder_Mean"] == pytest.approx(centre)
    assert found["original_firstorder_Range"] == pytest.approx(10 * 12 + 10)


def test_a_spacing_that_files_round_is_the_image_s_own():
    spacing = float(np.float32(1.1))  # what a NIfTI header makes of 1.1 mm: 300 voxels of it are more than 300 of 1.1
    _, _, x = np.indices((3, 3, 300)).astype(np.float32)
    image, mask = on_grid(x**2, (spacing,) * 3), on_grid((x > 40) & (x < 60), (spacing,) * 3)
    found = extract(image, mask, _profile(spacing_mm=[1.1, 1.1, 1.1], round_to=None))
    own = extract(image, mask, _profile())
    assert found.provenance["voxels_intensity"] == own.provenance["voxels_intensity"]
    assert found.features["original_firstorder_Maximum"] == pytest.approx(59.0**2, abs=0.01)


def test_a_ramp_interpolated_to_itself_by_splines_stays_a_ramp():
    z, y, x = np.indices((20, 20, 20)).astype(np.float32)
    inside = (abs(z - 10) < 4) & (abs(y - 10) < 4) & (abs(x - 10) < 4)
    image, mask = on_grid(3 * x, (2, 2, 2)), on_grid(inside, (2, 2, 2))
    found = extract(image, mask, _profile(spacing_mm=[1, 1, 1], interpolation="cubic", round_to=None)).features
    assert found["original_firstorder_Mean"] == pytest.approx(30, abs=1e-3)


def test_intensities_are_rounded_to_whole_hounsfield_units_after_interpolation():
    found = extract(IMAGES["noise"], MASKS["ball"], _profile(spacing_mm=[1, 1, 1], round_to=1.0)).features
    assert found["original_firstorder_Median"] % 0.5 == 0
    assert found["original_firstorder_Maximum"] == round(found["original_firstorder_Maximum"])


def test_every_column_of_a_class_that_ibsi_defines_carries_its_code():
    told = column_metadata(_profile())
    assert set(told) == set(column_names(_profile()))
    assert told["original_glcm_JointEntropy"]["ibsi_code"] == "TU9B"
    assert told["original_glcm_JointEntropy"]["ibsi_aggregation"] == "ITBB"
    assert told["original_glcm_JointEntropy_merged"]["ibsi_aggregation"] == "IAZD"
    without = {name for name, one in told.items() if not one["ibsi_code"]}
    assert {name.removesuffix("_merged") for name in without} == {
        "original_firstorder_TotalEnergy",
        "original_glcm_MCC",
        "original_shape_Maximum2DDiameterColumn",
        "original_shape_Maximum2DDiameterRow",
        "original_shape_Maximum2DDiameterSlice",
    }


def test_where_pyradiomics_departs_from_ibsi_its_columns_say_so():
    told = column_metadata(profile_from({}, "settings.yaml"))
    assert told["original_firstorder_Kurtosis"]["exact"] == "3 larger than IBSI"
    assert told["original_firstorder_Mean"]["exact"] == "yes"


_LOWEST_ABOVE_THE_RANGE = {
    "resegment_range": [-500, 400],
    "discretisation": {"kind": "fixed_bin_size", "width": 25, "lowest": -400},
}


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"profile": "ibsi", "ibsi": {"spacing_mm": [2, 2]}}, "ibsi.spacing_mm"),
        ({"profile": "ibsi", "ibsi": {"discretisation": {"kind": "fixed"}}}, "ibsi.discretisation"),
        ({"profile": "ibsi", "ibsi": {"outlier_sigma": 0}}, "ibsi.outlier_sigma"),
        ({"profile": "ibsi", "ibsi": {"texture_dimension": "4D"}}, "ibsi.texture_dimension"),
        ({"profile": "ibsi", "ibsi": {"aggregation": ["merged", "merged"]}}, "once"),
        ({"profile": "ibsi", "ibsi": {"resegment_range": [400, -500]}}, "400 to -500"),
        ({"profile": "ibsi", "ibsi": _LOWEST_ABOVE_THE_RANGE}, "discretisation.lowest"),
        ({"profile": "ibsi", "setting": {"binWidth": 10}}, "no parameters of PyRadiomics"),
        ({"ibsi": {"outlier_sigma": 3}}, "profile: ibsi"),
        ({"profile": "ibsi", "engine": "pyradiomics"}, "engine"),
        ({"setting": {"binwidth": 25}}, "binwidth"),
        ({"imageType": {"Wavelet": {"wavelet": "nosuch"}}}, "nosuch"),
        ({"featureClass": {"glcm": ["Nosuch"]}}, "Nosuch"),
        ({"profil": "ibsi"}, "profil"),
        (["profile"], "list"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_the_key(document, key):
    with pytest.raises(MedmtlError, match=key):
        profile_from(document, "settings.yaml")


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_stay_the_same_when_they_are_written_and_read(name):
    settings = profile_from({"profile": "ibsi", "ibsi": SETTINGS[name]}, "settings.yaml")
    assert profile_from(settings.model_dump(mode="json"), "settings.yaml") == settings
