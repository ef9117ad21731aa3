"""Settings come from a PyRadiomics parameter file as it is, or from this package's own YAML."""

import json

import pytest

from medmtl.errors import MedmtlError
from medmtl.features.engine.columns import column_names
from medmtl.features.parameters import read_parameters

PARAMETERS = """
imageType:
  Original: {}
  LoG: {sigma: [2.0, 3]}
  Wavelet: {binWidth: 10}
featureClass:
  shape:
  firstorder: [Mean, Energy]
  glcm:
    - Contrast
setting:
  binWidth: 25
  resampledPixelSpacing: [2, 2, 0]
  interpolator: sitkBSpline
  force2D: true
  label: 1
"""


def _written(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_parameter_file_of_pyradiomics_is_read_as_it_is(tmp_path):
    settings = read_parameters(_written(tmp_path, "params.yaml", PARAMETERS))
    assert (settings.profile, settings.engine) == ("pyradiomics", "fast")
    assert settings.parameters.options("Wavelet")["binWidth"] == 10
    assert settings.parameters.options("LoG")["resampledPixelSpacing"] == [2, 2, 0]
    names = column_names(settings)
    assert len(names) == 14 + (1 + 2 + 4) * 3  # in two dimensions a wavelet has four bands
    assert "log-sigma-3-mm-3D_glcm_Contrast" in names
    assert "wavelet-HL_firstorder_Mean" in names


def test_json_is_read_too(tmp_path):
    path = _written(tmp_path, "params.json", json.dumps({"setting": {"binCount": 32}, "featureClass": {"ngtdm": []}}))
    assert len(column_names(read_parameters(path))) == 5


def test_the_package_has_settings_of_its_own_beside_those_of_pyradiomics(tmp_path):
    text = "engine: pyradiomics\nclamp: [-1000, 1000]\nsetting: {binWidth: 5}\n"
    settings = read_parameters(_written(tmp_path, "params.yaml", text))
    assert (settings.engine, settings.clamp) == ("pyradiomics", (-1000, 1000))
    assert settings.parameters.setting == {"binWidth": 5}


def test_an_empty_file_means_every_default(tmp_path):
    assert len(column_names(read_parameters(_written(tmp_path, "params.yaml", "")))) == 107


_NO_CASE_COULD_BE_MEASURED = [
    "setting: {resegmentRange: [1, 2, 3]}",
    "setting: {resegmentRange: []}",
    "setting: {resampledPixelSpacing: [1, 1]}",
    "setting: {binWidth: null}",
    "setting: {distances: []}",
]


@pytest.mark.parametrize(
    "text",
    [
        "setting: [",
        "setting: {binWidth: -1}",
        "- 1",
        "imageType: {LoG: {sigma: [-1]}}",
        *_NO_CASE_COULD_BE_MEASURED,
    ],
)
def test_a_file_that_does_not_fit_is_named_in_the_error(tmp_path, text):
    with pytest.raises(MedmtlError, match=r"params\.yaml"):
        read_parameters(_written(tmp_path, "params.yaml", text))


def test_a_file_that_does_not_exist_is_named_in_the_error(tmp_path):
    with pytest.raises(MedmtlError, match=r"nowhere\.yaml"):
        read_parameters(tmp_path / "nowhere.yaml")
