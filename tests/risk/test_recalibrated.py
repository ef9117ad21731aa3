"""A model brought to another cohort's level and spread."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.calibration import calibration_slope
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.survival_curves import kaplan_meier
from medmtl.risk.document import RiskDocument, read_document, write_document
from medmtl.risk.recalibrated import recalibrate
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.rows import NO_FOLD
from medmtl.risk.settings import RiskSettings


@pytest.fixture
def model(make_rows):
    return RidgeCox(RiskSettings(penalizers=(3.0,)), ("deep", "image", "clinical")).fit(make_rows(n=150))


@pytest.fixture
def other(make_rows):
    """A cohort of all networks together, in which everything comes three times as late."""
    rows = make_rows(n=200, seed=7)
    return replace(rows, time_days=3 * rows.time_days, fold=np.full(200, NO_FOLD))


def test_the_order_of_cases_stays(model, other):
    before, after = model.predict(other), recalibrate(model, other, with_slope=True).predict(other)
    assert (np.argsort(before) == np.argsort(after)).all()


def test_the_slope_becomes_one(model, other):
    outcomes = Outcomes(other.time_days, other.event)
    shrunken = calibration_slope(outcomes, model.predict(other), 0.95)
    mended = calibration_slope(outcomes, recalibrate(model, other, with_slope=True).predict(other), 0.95)
    assert shrunken.estimate > 1.5
    assert mended.estimate == pytest.approx(1.0, abs=1e-6)


def test_the_level_becomes_that_of_the_cohort(model, other):
    observed = kaplan_meier(other.time_days, other.event)
    at = 900.0
    seen = np.interp(at, observed.time_days, observed.survival)
    found = recalibrate(model, other, with_slope=False)
    assert abs(model.survival(other, (at,)).mean() - seen) > 0.1
    assert found.survival(other, (at,)).mean() == pytest.approx(seen, abs=0.03)
    assert found.slope == 1.0


def test_without_the_slope_the_spread_stays(model, other):
    found = recalibrate(model, other, with_slope=False)
    assert np.ptp(found.predict(other)) == pytest.approx(np.ptp(model.predict(other)))


def test_its_contributions_add_up(model, other):
    found = recalibrate(model, other, with_slope=True)
    told = found.contributions(other)
    assert told.values.sum(axis=1) + told.rest == pytest.approx(found.predict(other), abs=1e-12)


def test_a_model_that_points_the_wrong_way_is_not_mended(model, other):
    turned = replace(other, deep=-other.deep, time_days=other.time_days.max() + 1 - other.time_days)
    assert harrell_c(turned.time_days, turned.event, model.predict(turned)).estimate < 0.5
    with pytest.raises(MedmtlError, match=r"risks that point the right way here\. Found a slope of -"):
        recalibrate(model, turned, with_slope=True)


def test_no_event_and_one_risk_are_refused(model, other):
    with pytest.raises(MedmtlError, match="needs an event"):
        recalibrate(model, replace(other, event=np.zeros(200, dtype=bool)), with_slope=False)
    with pytest.raises(MedmtlError, match="risks that differ"):
        recalibrate(model, other.take([int(np.flatnonzero(other.event)[0])] * 5), with_slope=True)


def test_it_is_stored_and_read_as_a_document_of_its_own(model, other, tmp_path):
    found = recalibrate(model, other, with_slope=True)
    note = {"recalibrated": {"n": found.n}}
    write_document(RiskDocument("pfs", {"fused": found}, {}, note), tmp_path / "recalibrated.json")
    again = read_document(tmp_path / "recalibrated.json")
    assert again.note == note
    assert again.model("fused").predict(other) == pytest.approx(found.predict(other), rel=0, abs=1e-12)
    assert again.model("fused").survival(other, (400,)) == pytest.approx(found.survival(other, (400,)), abs=1e-12)
