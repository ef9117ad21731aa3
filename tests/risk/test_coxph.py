"""The ridge Cox model on blocks."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from medmtl.errors import MedmtlError
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.rows import Block
from medmtl.risk.settings import MODELS, RiskSettings

SETTINGS = RiskSettings()


def _fit(rows, model="fused", **changes):
    return RidgeCox(SETTINGS.model_copy(update=changes), MODELS[model]).fit(rows)


def _coefficients(fitted):
    return dict(zip(fitted.hazard.names, fitted.hazard.coefficients, strict=True))


def test_a_larger_deep_risk_a_larger_volume_and_a_greater_age_are_worse(make_rows):
    fitted = _fit(make_rows(n=150))
    assert min(_coefficients(fitted)[name] for name in ("deep_log_hazard", "log_volume_ml", "age")) > 0.1


def test_the_worse_case_has_the_larger_risk_and_the_lower_survival(make_rows):
    rows = make_rows(n=150)
    fitted = _fit(rows, "deep")
    best, worst = np.argmin(rows.deep), np.argmax(rows.deep)
    risk, survival = fitted.predict(rows), fitted.survival(rows, (365, 730))
    assert risk[worst] > risk[best]
    assert (survival[worst] < survival[best]).all()
    assert (survival[:, 1] <= survival[:, 0]).all()


def test_adding_a_constant_to_every_deep_risk_changes_nothing(make_rows):
    rows = make_rows()
    moved = replace(rows, deep=rows.deep + 40.0)
    assert _fit(rows).predict(rows) == pytest.approx(_fit(moved).predict(moved), abs=1e-6)


def test_the_order_of_the_training_rows_does_not_change_the_fit(make_rows):
    rows = make_rows(n=120)
    turned = rows.take(np.arange(120)[::-1])
    first, second = _fit(rows, "image", penalizers=(0.1,)), _fit(turned, "image", penalizers=(0.1,))
    assert first.predict(rows) == pytest.approx(second.predict(rows), abs=1e-9)


def test_the_same_rows_give_the_same_model_to_the_bit(make_rows):
    assert _fit(make_rows(n=120)).to_dict() == _fit(make_rows(n=120)).to_dict()


def test_rows_without_an_endpoint_are_predicted_and_not_fitted(make_rows):
    rows = make_rows()
    time_days = rows.time_days.copy()
    time_days[[4, 9]] = np.nan
    gaps = replace(rows, time_days=time_days, event=rows.event & np.isfinite(time_days))
    fitted = _fit(gaps)
    assert fitted.n == 78
    assert np.isfinite(fitted.predict(gaps)).all()
    assert fitted.to_dict() == _fit(gaps.take(gaps.known)).to_dict()


def test_no_event_is_refused(make_rows):
    rows = make_rows()
    with pytest.raises(MedmtlError, match=r"at least one event among its training cases\. Found 80 cases"):
        _fit(replace(rows, event=np.zeros(80, dtype=bool)))


def test_radiomics_enter_as_one_score_from_the_stated_number_of_events(make_rows):
    rows = make_rows(n=120)
    events = int(rows.event.sum())
    assert "radiomics_score" in _fit(rows, radiomics_score_min_events=events).hazard.names
    held_back = _fit(rows, radiomics_score_min_events=events + 1)
    assert "radiomics_score" not in held_back.hazard.names
    assert held_back.dropped["radiomics"] == f"a radiomics score needs {events + 1} training events. Found {events}"


def test_a_deep_risk_without_evidence_stays_out_while_events_are_few(make_rows):
    rows = make_rows(n=40)
    noise = replace(rows, deep=np.random.default_rng(3).normal(size=40))
    kept_out = _fit(noise, deep_evidence_events=1000)
    assert "deep_log_hazard" not in kept_out.hazard.names
    assert "must have an interval above 0.5" in kept_out.dropped["deep"]
    assert "deep_log_hazard" in _fit(noise, deep_evidence_events=0).hazard.names
    assert "deep_log_hazard" in _fit(noise, deep_evidence_events=1000, deep_entry="always").hazard.names


def test_a_deep_risk_with_evidence_enters_with_few_events(make_rows):
    rows = make_rows(n=100)
    assert "deep_log_hazard" in _fit(rows, deep_evidence_events=1000).hazard.names


def test_a_deep_risk_that_orders_the_wrong_way_round_is_no_evidence(make_rows):
    rows = make_rows(n=60)
    turned = replace(rows, deep=-rows.deep)
    assert "deep" in _fit(turned, deep_evidence_events=1000).dropped


def test_the_deep_model_alone_needs_no_evidence(make_rows):
    rows = make_rows(n=40)
    noise = replace(rows, deep=np.random.default_rng(3).normal(size=40))
    assert _fit(noise, "deep", deep_evidence_events=1000).hazard.names == ("deep_log_hazard",)


def test_a_constant_column_is_dropped_and_said_so(make_rows):
    rows = make_rows()
    image = rows.image.values.copy()
    image[:, 1] = 5.0
    fitted = _fit(replace(rows, image=Block(rows.image.names, image)), "image")
    assert fitted.hazard.names == ("log_volume_ml",)
    assert fitted.dropped == {"log_suv_max": "constant or missing in all training cases"}


def test_nothing_known_leaves_a_model_of_the_baseline(make_rows):
    rows = replace(make_rows(), deep=np.full(80, np.nan))
    fitted = _fit(rows, "deep")
    assert fitted.hazard.names == ()
    assert fitted.predict(rows).tolist() == [0.0] * 80


def test_an_empty_mask_is_predicted(make_rows):
    rows = make_rows()
    image, radiomics = rows.image.values.copy(), rows.radiomics.values.copy()
    image[0], radiomics[0] = [0.0, np.nan, np.nan, 0.0], np.nan
    gaps = replace(rows, image=Block(rows.image.names, image), radiomics=Block(rows.radiomics.names, radiomics))
    fitted = _fit(gaps, radiomics_score_min_events=10)
    assert "log_suv_max_missing" in fitted.hazard.names
    assert np.isfinite(fitted.predict(gaps)).all()


def test_a_deep_risk_that_separates_the_cases_keeps_a_finite_coefficient(make_rows):
    rows = make_rows(n=30)
    rows = replace(rows, deep=np.where(rows.event, 5.0, -5.0) - rows.time_days / 1e4)
    fitted = _fit(rows, deep_entry="always")
    assert np.isfinite(fitted.predict(rows)).all()
    assert max(map(abs, fitted.hazard.coefficients)) < 20


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="penaliser"):
        RiskSettings(penaliser=1)


def test_a_penalty_must_be_positive():
    with pytest.raises(ValidationError, match="greater than 0"):
        RiskSettings(penalizers=(0.0, 1.0))
