"""Bagged ICARE on columns whose part in the hazard is known."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.risk.fitted_icare import Voters
from medmtl.risk.icare import BaggedIcare, IcareRanges
from medmtl.risk.rows import Block
from medmtl.risk.settings import RiskSettings

SETTINGS = RiskSettings(redundancy=1.0)
WHOLE = IcareRanges(max_correlation=(0.9, 0.9), min_c=(0.55, 0.55), fraction=(1.0, 1.0))


def _rows(make_rows, *columns):
    rows = make_rows(n=200)
    return replace(rows, radiomics=Block(tuple(f"f{i}" for i in range(len(columns))), np.column_stack(columns)))


def _fit(rows, **options):
    return BaggedIcare(SETTINGS, ("all_radiomics",), **({"estimators": 20, "ranges": WHOLE} | options)).fit(rows)


def test_signs_are_those_of_the_hazard_and_noise_stays_out(make_rows):
    deep, noise = make_rows(n=200).deep, np.random.default_rng(1).normal(size=200)
    fitted = _fit(_rows(make_rows, deep, -deep + 0.7 * noise, noise))
    signs = fitted.voters.sign
    assert (signs[:, 0] >= 0).all()
    assert (signs[:, 1] <= 0).all()
    assert (signs[:, :2] != 0).any(axis=0).all()
    assert (signs[:, 2] != 0).mean() < 0.3


def test_of_columns_that_tell_the_same_a_resample_keeps_one(make_rows):
    deep = make_rows(n=200).deep
    fitted = _fit(_rows(make_rows, deep, deep + 1e-3 * np.arange(200)))
    assert ((fitted.voters.sign != 0).sum(axis=1) == 1).all()


def test_a_vote_is_the_mean_of_the_signed_standardised_columns_that_are_known():
    voters = Voters(np.array([[1.0, -1.0, 0.0]]), np.array([[1.0, 2.0, 0.0]]), np.array([[2.0, 1.0, 1.0]]))
    values = np.array([[3.0, 1.0, 9.0], [np.nan, 4.0, 9.0], [np.nan, np.nan, 9.0]])
    assert voters.votes(values)[:, 0] == pytest.approx([1.0, -2.0, 0.0])
    assert voters.shares(values).sum(axis=1) == pytest.approx([1.0, -2.0, 0.0])


def test_noise_gets_a_nearly_flat_hazard_though_its_own_resamples_see_a_signal(make_rows):
    noise = np.random.default_rng(2).normal(size=(30, 200))
    fitted = _fit(_rows(make_rows, *noise), ranges=IcareRanges(min_c=(0.5, 0.5)))
    signal = _fit(_rows(make_rows, make_rows(n=200).deep))
    assert abs(fitted.predict(_rows(make_rows, *noise))).max() < 0.7
    assert signal.hazard.coefficients[0] > 0.4


def test_no_estimator_is_refused():
    with pytest.raises(MedmtlError, match=r"at least one estimator\. Found 0"):
        BaggedIcare(SETTINGS, ("image",), estimators=0)
