"""The test of proportional hazards of a fitted model, its optimism, and columns that repeat the outcome."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.proportional_hazards import proportional_hazards_test
from medmtl.records import ClinicalColumn, Scale
from medmtl.risk.assumptions import apparent_c, hazards_test
from medmtl.risk.icare import BaggedIcare
from medmtl.risk.outcome_copies import TELLS_EVENT, TELLS_TIME, outcome_copies
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.settings import MODELS, RiskSettings

SETTINGS = RiskSettings(penalizers=(0.1, 1.0), deep_entry="always", inner_folds=3)


def test_the_test_is_that_of_the_columns_whatever_their_scale_and_the_penalty(make_rows):
    rows = make_rows(n=100)
    found = hazards_test(RidgeCox(SETTINGS, MODELS["image"]).fit(rows), rows)
    x = np.log1p(rows.image.pick(("volume_ml", "suv_max")).values)
    outcomes = Outcomes(rows.time_days, rows.event)
    asked = proportional_hazards_test(x, fit_cox(x, outcomes).coefficients, ("a", "b"), outcomes)
    assert [test.name for test in found.tests] == ["log_volume_ml", "log_suv_max", "GLOBAL"]
    assert [test.p for test in found.tests] == pytest.approx([test.p for test in asked], abs=1e-8)
    assert (found.n, found.n_events, found.reason) == (100, int(rows.event.sum()), "")


def test_an_effect_that_turns_round_is_found(make_rows):
    rows = make_rows(n=300)
    turned = np.where(rows.time_days < np.median(rows.time_days), -rows.time_days, rows.time_days)
    rows = replace(rows, deep=turned / turned.std() + np.random.default_rng(0).normal(size=300))
    found = hazards_test(RidgeCox(SETTINGS, MODELS["deep"]).fit(rows), rows)
    assert found.tests[-1].p < 0.001


def test_too_few_events_and_models_of_other_kinds_are_answered_with_a_reason(make_rows):
    rows = make_rows(n=40)
    few = replace(rows, event=rows.event & (np.cumsum(rows.event) <= 3))
    found = hazards_test(RidgeCox(SETTINGS, MODELS["image"]).fit(few), few)
    assert found.tests == ()
    assert found.reason == "the test needs 2 events per column. Found 3 for 2 columns"
    votes = hazards_test(BaggedIcare(SETTINGS, MODELS["image"], estimators=3).fit(rows), rows)
    assert "no coefficients of a Cox regression" in votes.reason


def test_a_model_on_noise_flatters_itself_and_is_corrected_towards_chance(make_rows):
    rows = make_rows(n=60)
    noise = replace(rows, image=replace(rows.image, values=np.exp(np.random.default_rng(5).normal(size=(60, 4)))))
    found = apparent_c(RidgeCox(SETTINGS, MODELS["image"]), noise, 40, 0)
    assert found.optimism > 0
    assert abs(found.harrell - 0.5) < abs(found.apparent - 0.5)
    assert found == apparent_c(RidgeCox(SETTINGS, MODELS["image"]), noise, 40, 0)


def test_resamples_without_an_event_do_not_count(make_rows):
    rows = make_rows(n=20)
    rare = replace(rows, event=np.isin(np.arange(20), np.argsort(rows.time_days)[[0, 3]]))
    found = apparent_c(RidgeCox(SETTINGS, MODELS["image"]), rare, 30, 0)
    assert 0 < found.resamples < 30


def _with(rows, values, scale=Scale.NUMERIC):
    cases = (replace(case, clinical={"x": value}) for case, value in zip(rows.cases, values, strict=True))
    return replace(rows, cases=tuple(cases), columns=(ClinicalColumn("x", scale),))


def test_columns_that_repeat_the_outcome_are_named_and_others_are_not(make_rows):
    rows = make_rows(n=60)
    words = ["relapse" if happened else "none" for happened in rows.event]
    assert outcome_copies(_with(rows, rows.event.astype(float).tolist())) == {"x": TELLS_EVENT}
    assert outcome_copies(_with(rows, words, Scale.NOMINAL)) == {"x": TELLS_EVENT}
    assert outcome_copies(_with(rows, [None, *words[1:]], Scale.NOMINAL)) == {"x": TELLS_EVENT}
    assert outcome_copies(_with(rows, (-rows.time_days / 30.4).tolist())) == {"x": TELLS_TIME}
    assert outcome_copies(_with(rows, [case.case_id for case in rows.cases], Scale.NOMINAL)) == {}
    assert outcome_copies(_with(rows, [60.0] * 60)) == {}
    assert outcome_copies(rows) == {}


def test_a_constant_clinical_column_is_named_among_what_was_left_out(make_rows):
    rows = make_rows(n=60)
    cases = tuple(replace(case, clinical=case.clinical | {"age": 60.0, "sex": None}) for case in rows.cases)
    fitted = RidgeCox(SETTINGS, MODELS["fused"]).fit(replace(rows, cases=cases))
    assert fitted.dropped["age"] == fitted.dropped["sex"] == "constant or missing in all training cases"
