"""Fitted models as JSON."""

import json

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.risk.cross_fit import fit_all
from medmtl.risk.document import RiskDocument, read_document, write_document
from medmtl.risk.settings import RiskSettings


@pytest.fixture
def document(make_rows):
    rows = make_rows(n=100)
    models = fit_all(rows, RiskSettings(radiomics_score_min_events=10))
    return rows, RiskDocument("pfs", models, {"features.csv": "abc"})


def test_models_read_back_predict_the_same(document, tmp_path, make_rows):
    _, written = document
    new = make_rows(n=30, seed=9)
    write_document(written, tmp_path / "model.json")
    again = read_document(tmp_path / "model.json")
    for name, model in written.models.items():
        assert again.models[name].predict(new) == pytest.approx(model.predict(new), rel=0, abs=1e-12)
        assert again.models[name].survival(new, (365, 730)) == pytest.approx(
            model.survival(new, (365, 730)), rel=0, abs=1e-12, nan_ok=True
        )
    assert (again.endpoint, again.hashes) == ("pfs", {"features.csv": "abc"})


def test_the_document_names_its_columns_in_plain_json(document, tmp_path):
    write_document(document[1], tmp_path / "model.json")
    content = json.loads((tmp_path / "model.json").read_text())
    fused = content["models"]["fused"]
    assert fused["hazard"]["names"][:3] == ["deep_log_hazard", "log_volume_ml", "log_suv_max"]
    assert len(fused["hazard"]["times_days"]) == len(fused["hazard"]["cumulative"])
    assert content["versions"]["lifelines"].startswith("0.30")


def test_the_same_models_give_the_same_bytes(document, tmp_path):
    for name in ("a.json", "b.json"):
        write_document(document[1], tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_prediction_does_not_depend_on_the_other_rows(document):
    rows, written = document
    model = written.models["fused"]
    assert model.predict(rows.take([5])) == pytest.approx(model.predict(rows)[[5]], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"format": "other"}', "must be 'medmtl risk models'. Found 'other'"), ("{", "must be JSON")],
)
def test_another_file_is_refused(tmp_path, text, message):
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(MedmtlError, match=message):
        read_document(path)


def test_a_missing_document_is_refused_with_its_remedy(tmp_path):
    with pytest.raises(MedmtlError, match="Run `medmtl fit` first"):
        read_document(tmp_path / "model.json")


def test_survival_at_one_and_two_years_is_a_probability(document):
    rows, written = document
    survival = written.models["fused"].survival(rows, (365, 730))
    assert ((survival > 0) & (survival < 1)).all()
    assert np.isfinite(survival).all()


def _changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.fixture
def stored(document, tmp_path):
    write_document(document[1], tmp_path / "model.json")
    return tmp_path / "model.json"


@pytest.mark.parametrize("version", [3, 0, "2", None, True])
def test_another_version_is_refused_by_name(stored, version):
    _changed(stored, lambda content: content.update(format_version=version))
    with pytest.raises(MedmtlError, match=rf"model\.json: the document's version must be 1 to 2\. Found {version!r}"):
        read_document(stored)


def test_a_changed_number_is_found_by_the_checksum(stored):
    _changed(stored, lambda content: content["models"]["fused"].update(cut=9.0))
    with pytest.raises(MedmtlError, match=r"model\.json: the document must be as it was written"):
        read_document(stored)


@pytest.mark.parametrize("part", ["blocks", "scaler", "hazard", "cut"])
def test_a_document_that_lacks_a_part_is_refused_by_name(stored, part):
    def spoil(content):
        del content["models"]["fused"][part], content["checksum"]

    _changed(stored, spoil)
    with pytest.raises(
        MedmtlError, match=rf"model\.json: the document must hold whole models\. Found KeyError: '{part}'"
    ):
        read_document(stored)


@pytest.mark.parametrize(
    "path", ["subprocess.Popen", "os.path.join", "medmtl.risk.nothing.Here", "medmtl.risk.base.FittedRisk"]
)
def test_a_document_cannot_name_code_to_run(stored, path):
    def spoil(content):
        content["models"]["fused"]["class_path"] = path
        del content["checksum"]

    _changed(stored, spoil)
    with pytest.raises(MedmtlError, match=r"model\.json: class_path must name"):
        read_document(stored)


@pytest.mark.parametrize("text", ["[1, 2]", '"word"', "null", ""])
def test_other_json_is_refused(stored, text):
    stored.write_text(text)
    with pytest.raises(MedmtlError, match=r"model\.json: the file must be"):
        read_document(stored)


def _as_version_1(content):
    """Undo what version 2 added, as the version before wrote it; its radiomics scaler took the logarithms itself."""
    del content["checksum"], content["note"]
    content["format_version"] = 1
    for model in content["models"].values():
        del model["class_path"], model["hazard"]["covariance"]
        for block in model["blocks"]:
            if block["kind"] == "radiomics":
                block["score"]["scaler"]["logged"] = block["score"].pop("radiomics")["logged"]


def test_version_1_is_read_and_predicts_the_same(document, stored, make_rows):
    _changed(stored, _as_version_1)
    again, new = read_document(stored), make_rows(n=30, seed=9)
    for name, model in document[1].models.items():
        assert again.models[name].predict(new) == pytest.approx(model.predict(new), rel=0, abs=1e-12)
        assert np.isnan(again.models[name].contributions(new).total_error).all() or not again.models[name].effects()


def test_version_1_without_a_part_is_refused_by_name(stored):
    def spoil(content):
        _as_version_1(content)
        del content["models"]["fused"]["hazard"]

    _changed(stored, spoil)
    with pytest.raises(MedmtlError, match=r"model\.json: the document must hold whole models"):
        read_document(stored)


def test_a_model_that_is_not_there_is_told_with_those_that_are(document):
    with pytest.raises(MedmtlError, match=r"must hold the model other\. It holds fused, deep"):
        document[1].model("other")
