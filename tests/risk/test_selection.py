"""Radiomics as one score."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.rows import Block
from medmtl.risk.selection import RadiomicsScore, cross_fitted_score, fit_score
from medmtl.risk.settings import RiskSettings

SETTINGS = RiskSettings(penalizers=(0.01, 0.1, 1.0))


def _with(rows, *columns):
    return replace(rows, radiomics=Block(tuple(f"c{i}" for i in range(len(columns))), np.column_stack(columns)))


def test_of_features_that_all_correlate_one_stands_for_all(make_rows):
    rows = make_rows()
    one, other = np.random.default_rng(0).normal(size=(2, 80))
    rows = _with(rows, one, other, np.exp(one), -2 * one + 1e-3 * other)
    assert len(fit_score(rows, SETTINGS).scaler.inputs) == 2


def test_the_choice_of_features_does_not_look_at_the_outcome(make_rows):
    rows = make_rows(radiomics=10)
    other = replace(rows, time_days=rows.time_days[::-1], event=rows.event[::-1])
    assert fit_score(rows, SETTINGS).scaler == fit_score(other, SETTINGS).scaler


def test_a_cross_fitted_score_of_noise_knows_nothing_where_the_fitted_one_seems_to(make_rows):
    rows = make_rows(n=100, radiomics=60)
    fitted = fit_score(rows, SETTINGS.model_copy(update={"penalizers": (0.01,)})).predict(rows)
    honest = cross_fitted_score(rows, SETTINGS)
    assert harrell_c(rows.time_days, rows.event, fitted).estimate > 0.8
    assert harrell_c(rows.time_days, rows.event, honest).estimate == pytest.approx(0.5, abs=0.15)


def test_a_score_finds_a_signal(make_rows):
    rows = make_rows(n=100)
    rows = _with(rows, rows.deep, np.random.default_rng(1).normal(size=100))
    assert harrell_c(rows.time_days, rows.event, cross_fitted_score(rows, SETTINGS)).estimate > 0.65


def test_a_case_without_radiomics_still_has_a_score(make_rows):
    rows = make_rows()
    values = rows.radiomics.values.copy()
    values[3] = np.nan
    rows = replace(rows, radiomics=Block(rows.radiomics.names, values))
    assert np.isfinite(cross_fitted_score(rows, SETTINGS)).all()
    assert np.isfinite(fit_score(rows, SETTINGS).predict(rows)).all()


def test_a_score_survives_json(make_rows):
    score = fit_score(make_rows(), SETTINGS)
    assert RadiomicsScore.from_dict(score.to_dict()) == score
