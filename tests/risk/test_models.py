"""Every risk model, found by itself, keeps the promise of its base, also where the rows are poor."""

import importlib
import inspect
import json
import pkgutil
from dataclasses import replace

import numpy as np
import pytest

import medmtl.risk
from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.members import build
from medmtl.risk.base import RiskModel
from medmtl.risk.document import RiskDocument, read_document, write_document
from medmtl.risk.rows import Block
from medmtl.risk.settings import BlockName, RiskSettings

SETTINGS = RiskSettings(penalizers=(0.03, 0.3, 3.0), inner_folds=3)
PATHS = sorted(
    f"{found.name}.{name}"
    for found in pkgutil.iter_modules(medmtl.risk.__path__, "medmtl.risk.")
    if not found.ispkg
    for name, one in vars(importlib.import_module(found.name)).items()
    if inspect.isclass(one) and issubclass(one, RiskModel) and one.__module__ == found.name
    if not inspect.isabstract(one)
)
NARROW = ("deep", "image", "clinical")
WIDE = ("deep", "image", "all_radiomics", "clinical")


def _model(path, blocks=NARROW, **changes):
    return build({"class_path": path, "init_args": {"blocks": blocks}}, RiskModel, SETTINGS.model_copy(update=changes))


@pytest.fixture(params=PATHS, ids=lambda path: path.rpartition(".")[2])
def path(request):
    return request.param


def _c(rows, risk):
    return harrell_c(rows.time_days, rows.event, risk).estimate


def _with_outcome(rows, time_days, event):
    return replace(rows, time_days=np.asarray(time_days, dtype=float), event=np.asarray(event, dtype=bool))


def test_the_family_has_its_four_members():
    assert [path.rpartition(".")[2] for path in PATHS] == ["ElasticNetCox", "BaggedIcare", "PlainCox", "RidgeCox"]


def test_the_larger_risk_is_the_worse_in_new_cases(path, make_rows):
    fitted, new = _model(path).fit(make_rows(n=150)), make_rows(n=150, seed=5)
    assert _c(new, fitted.predict(new)) > 0.65


def test_survival_is_a_falling_probability_and_lower_for_the_larger_risk(path, make_rows):
    rows = make_rows(n=120)
    fitted = _model(path).fit(rows)
    survival, risk = fitted.survival(rows, (0.0, 200.0, 365.0, 730.0)), fitted.predict(rows)
    assert (np.diff(survival, axis=1) <= 0).all()
    assert ((survival >= 0) & (survival <= 1)).all()
    assert (np.diff(survival[np.argsort(risk), 2]) <= 1e-12).all()
    assert np.isnan(fitted.survival(rows, (1e6,))).all()


def test_contributions_add_up_to_the_risk(path, make_rows):
    rows = make_rows(n=120)
    fitted = _model(path).fit(rows)
    told = fitted.contributions(rows)
    assert told.values.sum(axis=1) + told.rest == pytest.approx(fitted.predict(rows), abs=1e-12)
    assert told.values.shape == told.errors.shape == told.raw.shape == (120, len(told.names))


def test_a_prediction_depends_on_its_own_row_alone(path, make_rows):
    rows = make_rows(n=60)
    fitted = _model(path).fit(rows)
    assert fitted.predict(rows.take([7])) == pytest.approx(fitted.predict(rows)[[7]], abs=1e-12)


def test_a_document_read_back_predicts_the_same(path, make_rows, tmp_path):
    rows, new = make_rows(n=120), make_rows(n=30, seed=3)
    model = _model(path).fit(rows)
    write_document(RiskDocument("pfs", {"fused": model}, {}), tmp_path / "model.json")
    again = read_document(tmp_path / "model.json").model("fused")
    assert again.predict(new) == pytest.approx(model.predict(new), rel=0, abs=1e-12)
    assert again.survival(new, (365,)) == pytest.approx(model.survival(new, (365,)), rel=0, abs=1e-12, nan_ok=True)
    assert json.dumps(again.to_dict()) == json.dumps(model.to_dict())


def test_the_same_rows_give_the_same_model(path, make_rows):
    first, second = (_model(path).fit(make_rows(n=60)) for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_no_event_is_an_error_that_says_so(path, make_rows):
    rows = make_rows(n=20)
    with pytest.raises(MedmtlError, match=r"at least one event among its training cases\. Found 20 cases"):
        _model(path).fit(_with_outcome(rows, rows.time_days, np.zeros(20)))


def _fitted_or_refused(path, rows, **changes):
    """A plain Cox regression must refuse what its data do not determine; all others must answer."""
    if path.endswith("PlainCox"):
        with pytest.raises(MedmtlError, match=r"without a penalty needs coefficients that the data determine\. Found"):
            _model(path, **changes).fit(rows)
        return None
    risk = _model(path, **changes).fit(rows).predict(rows)
    assert np.isfinite(risk).all()
    return risk


def test_one_event_is_answered(path, make_rows):
    rows = make_rows(n=20)
    _fitted_or_refused(path, _with_outcome(rows, rows.time_days, np.arange(20) == 4))


def test_all_events_are_answered(path, make_rows):
    rows = make_rows(n=60)
    fitted = _model(path).fit(_with_outcome(rows, rows.time_days, np.ones(60)))
    assert np.isfinite(fitted.predict(rows)).all()
    assert fitted.n_events == 60


def test_all_events_at_one_time_order_nobody(path, make_rows):
    rows = make_rows(n=30)
    tied = _with_outcome(rows, np.full(30, 100.0), np.ones(30))
    risk = _model(path).fit(tied).predict(tied)
    assert np.isfinite(risk).all()
    assert _c(tied, risk) is None


def test_ties_everywhere_are_answered(path, make_rows):
    rows = make_rows(n=100)
    monthly = _with_outcome(rows, np.ceil(rows.time_days / 200) * 200, rows.event)
    assert _c(monthly, _model(path).fit(monthly).predict(monthly)) > 0.65


def test_constant_and_unknown_columns_change_nothing(path, make_rows):
    rows = make_rows(n=100)
    image = rows.image.values.copy()
    image[:, 1] = 5.0
    flat = replace(rows, image=Block(rows.image.names, image), deep=np.full(100, np.nan))
    image = image.copy()
    image[:, 1] = np.nan
    gone = replace(flat, image=Block(rows.image.names, image))
    fitted = _model(path).fit(flat)
    assert {"log_volume_ml", "age"} <= {effect.name for effect in fitted.effects()} | set(fitted.dropped)
    assert not {"log_suv_max", "deep_log_hazard"} & {effect.name for effect in fitted.effects()}
    assert _model(path).fit(gone).predict(gone) == pytest.approx(fitted.predict(flat), abs=1e-9)


def test_separated_cases_are_answered(path, make_rows):
    rows = make_rows(n=40)
    apart = replace(rows, deep=np.where(rows.event, 5.0, -5.0) - rows.time_days / 1e4)
    risk = _fitted_or_refused(path, apart, deep_entry="always")
    assert risk is None or _c(apart, risk) > 0.8


def test_more_columns_than_cases_are_answered(path, make_rows):
    rows = make_rows(n=40, radiomics=150)
    model = _model(path, WIDE, redundancy=1.0)
    if path.endswith("PlainCox"):
        with pytest.raises(MedmtlError, match=r"columns and .* events"):
            model.fit(rows)
    else:
        assert np.isfinite(model.fit(rows).predict(rows)).all()


def test_gaps_of_new_cases_are_answered(path, make_rows):
    fitted, new = _model(path).fit(make_rows(n=100)), make_rows(n=3, seed=4)
    bare = replace(new, deep=np.full(3, np.nan), image=Block(new.image.names, np.full((3, 4), np.nan)))
    assert np.isfinite(fitted.predict(bare)).all()


def test_a_cohort_of_one_case_is_refused_or_answered(path, make_rows):
    rows = make_rows(n=5)
    one = _with_outcome(rows, rows.time_days, np.ones(5)).take([0])
    try:
        assert np.isfinite(_model(path).fit(one).predict(one)).all()
    except MedmtlError as error:
        assert "Found" in str(error)  # noqa: PT017  (either answer is one; a traceback is none)


def test_nothing_known_leaves_a_model_of_the_baseline(path, make_rows):
    rows = replace(make_rows(), deep=np.full(80, np.nan))
    fitted = _model(path, (BlockName.DEEP,)).fit(rows)
    assert fitted.effects() == ()
    assert fitted.predict(rows).tolist() == [0.0] * 80
