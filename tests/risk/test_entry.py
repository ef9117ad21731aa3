"""What enters a model, by the number of events."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.records import ClinicalColumn, Scale
from medmtl.risk.recipes import nothing_to_fit, recipes
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.settings import MODELS, RiskSettings

SETTINGS = RiskSettings(penalizers=(1.0,), deep_entry="always")
NUMBERS = tuple(ClinicalColumn(f"value_{i}", Scale.NUMERIC) for i in range(6))


@pytest.fixture
def rows(make_rows):
    """120 cases, 82 of them with the event, and six clinical numbers."""
    rows, rng = make_rows(n=120), np.random.default_rng(0)
    cases = tuple(
        replace(case, clinical={column.name: float(rng.normal()) for column in NUMBERS}) for case in rows.cases
    )
    return replace(rows, cases=cases, columns=NUMBERS)


def _clinical(rows, model="fused", **changes):
    fitted = RidgeCox(SETTINGS.model_copy(update=changes), MODELS[model]).fit(rows)
    return [name for name in fitted.hazard.names if name.startswith("value")], fitted.dropped


@pytest.mark.parametrize(("few", "many", "kept"), [(90, 100, 3), (30, 100, 4), (30, 80, 6)])
def test_a_mixed_model_takes_the_first_clinical_columns_that_the_events_bear(rows, few, many, kept):
    names, dropped = _clinical(rows, deep_evidence_events=few, elastic_net_min_events=many)
    assert names == [f"value_{i}" for i in range(kept)]
    assert [name for name in dropped if name.startswith("value")] == [f"value_{i}" for i in range(kept, 6)]
    if kept == 3:
        reason = "with 82 training events a mixed model takes the first 3 clinical columns of the schema"
        assert dropped["value_3"] == reason


def test_the_clinical_model_keeps_them_all(rows):
    assert len(_clinical(rows, "clinical", deep_evidence_events=90)[0]) == 6


def test_many_events_bring_an_elastic_net_and_few_do_not(rows):
    assert "elastic_net" not in recipes(SETTINGS, rows)
    found = recipes(SETTINGS.model_copy(update={"elastic_net_min_events": 80}), rows)
    assert type(found["elastic_net"]).__name__ == "ElasticNetCox"


def test_a_member_may_take_the_place_of_a_usual_model(rows):
    member = {"class_path": "medmtl.risk.icare.BaggedIcare"}
    found = recipes(SETTINGS.model_copy(update={"members": {"fused": member, "more": member}}), rows)
    assert type(found["fused"]).__name__ == "BaggedIcare"
    assert found["fused"].blocks == MODELS["fused"]
    assert list(found)[-1] == "more"


def test_what_no_case_knows_cannot_be_fitted(rows):
    deep = recipes(SETTINGS)["deep"]
    assert nothing_to_fit(deep, rows) == ""
    assert nothing_to_fit(deep, replace(rows, deep=np.full(120, np.nan))) == "no case has a value of deep"
