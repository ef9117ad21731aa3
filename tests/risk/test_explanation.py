"""What moved the risk of one case."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.report.explaining import explain_in_words
from medmtl.risk.explanation import explain
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.rows import Block
from medmtl.risk.settings import RiskSettings

SETTINGS = RiskSettings(penalizers=(0.03,))
BLOCKS = ("deep", "image", "clinical")


@pytest.fixture
def rows(make_rows):
    return make_rows(n=120)


@pytest.fixture
def model(rows):
    return RidgeCox(SETTINGS, BLOCKS).fit(rows)


def test_the_terms_add_up_and_the_strongest_is_first(model, rows):
    told = explain(model, rows, "case-007", (365.0,))
    assert sum(term.log_hazard for term in told.terms) == pytest.approx(told.risk, abs=1e-12)
    sizes = [abs(term.log_hazard) for term in told.terms]
    assert sizes == sorted(sizes, reverse=True)


def test_a_term_is_the_coefficient_times_the_distance_from_the_mean(model, rows):
    told = explain(model, rows, "case-007", ())
    age = next(term for term in told.terms if term.name == "age")
    ages = np.array([case.clinical["age"] for case in rows.cases])
    beta = model.hazard.coefficients[model.hazard.names.index("age")]
    assert (age.value, age.typical) == (pytest.approx(ages[7]), pytest.approx(ages.mean()))
    assert age.log_hazard == pytest.approx(beta * (ages[7] - ages.mean()) / ages.std(ddof=1))


def test_the_interval_of_the_risk_is_that_of_all_coefficients_together(model, rows):
    told = explain(model, rows, "case-007", ())
    x = model.scaled(rows.take([7]))[0]
    error = np.sqrt(x @ np.array(model.hazard.covariance) @ x)
    assert told.high - told.low == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    term = told.terms[0]
    position = model.hazard.names.index(term.name)
    assert term.high - term.low == pytest.approx(2 * 1.959964 * abs(x[position]) * model.hazard.errors[position])


def test_a_missing_value_is_told_as_missing(rows):
    image = rows.image.values.copy()
    image[::5, 1] = np.nan
    gaps = replace(rows, image=Block(rows.image.names, image))
    told = explain(RidgeCox(SETTINGS, BLOCKS).fit(gaps), gaps, "case-005", ())
    assert next(term for term in told.terms if term.name == "log_suv_max").value is None
    words = explain_in_words(told, "fused", "pfs", 2)
    assert "log SUVmax = missing, filled with the median" in words


def test_the_words_name_the_fold_the_direction_and_what_it_does_not_mean(model, rows):
    told = explain(model, rows, "case-007", (365.25,))
    words = explain_in_words(told, "fused", "pfs", 3)
    strongest = told.terms[0]
    assert "fitted without fold 3" in words
    assert f"{'raises' if strongest.log_hazard > 0 else 'lowers'} the hazard: factor" in words
    assert "not what causes the event" in words
    assert " at 1.0 years" in words


def test_a_model_without_a_column_says_that_nothing_moved_it(rows):
    empty = RidgeCox(SETTINGS, ("deep",)).fit(replace(rows, deep=np.full(120, np.nan)))
    told = explain(empty, rows, "case-000", ())
    assert told.terms == ()
    assert "the model holds no column" in explain_in_words(told, "deep", "pfs", 0)


def test_plain_values_hold_every_term(model, rows):
    values = explain(model, rows, "case-007", (365.0, 1e6)).to_dict()
    assert {term["name"] for term in values["terms"]} <= set(model.hazard.names)
    assert values["survival"]["1e+06"] is None
