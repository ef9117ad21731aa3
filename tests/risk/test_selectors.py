"""Every selector keeps its promise, and never meets a held-out row."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import medmtl.risk.selectors
from medmtl.evaluation.concordance import harrell_c
from medmtl.risk.rows import Block
from medmtl.risk.selection import fit_score
from medmtl.risk.selectors.base import Selector
from medmtl.risk.selectors.mrmr import Mrmr
from medmtl.risk.selectors.reliable import Reliable
from medmtl.risk.selectors.stability import Stability
from medmtl.risk.selectors.univariate import Univariate
from medmtl.risk.settings import RiskSettings
from medmtl.risk.univariate_c import resampled_c, univariate_c

NAN = float("nan")
MEMBERS = sorted(
    (
        one
        for found in pkgutil.iter_modules(medmtl.risk.selectors.__path__, "medmtl.risk.selectors.")
        for one in vars(importlib.import_module(found.name)).values()
        if inspect.isclass(one) and issubclass(one, Selector) and one.__module__ == found.name
        if not inspect.isabstract(one)
    ),
    key=lambda one: one.__name__,
)


def _data(n=120, seed=0):
    """The first column drives the hazard, the second is nearly the first, the third is noise, and two tell nothing."""
    rng = np.random.default_rng(seed)
    signal, noise = rng.normal(size=(2, n))
    columns = [signal, signal + 0.01 * rng.normal(size=n), noise, np.ones(n), np.full(n, NAN)]
    time_days = rng.exponential(np.exp(-signal))
    return Block(tuple("abcde"), np.column_stack(columns)), time_days, rng.random(n) < 0.7


@pytest.fixture(params=[one for one in MEMBERS if one is not Reliable], ids=lambda one: one.__name__)
def member(request):
    return request.param()  # Reliable needs a file: tests/risk/test_reliable.py


def test_the_family_has_its_six_members():
    known = ["Mrmr", "Redundancy", "Reliable", "SparseMultiTask", "Stability", "Univariate"]
    assert [one.__name__ for one in MEMBERS] == known


def test_what_is_constant_or_unknown_is_never_chosen(member):
    assert not {"d", "e"} & set(member.choose(*_data()))


def test_a_feature_that_drives_the_hazard_stays_itself_or_by_its_like(member):
    assert {"a", "b"} & set(member.choose(*_data()))


def test_names_keep_the_order_of_the_block(member):
    block, time_days, event = _data()
    chosen = member.choose(block.pick("edcba"), time_days, event)
    assert list(chosen) == sorted(chosen, reverse=True)


@pytest.mark.parametrize("width", [0, 1])
def test_few_columns_are_answered(member, width):
    block, time_days, event = _data()
    assert member.choose(block.pick("abcde"[:width]), time_days, event) == tuple("abcde"[:width])


def test_no_event_is_answered(member):
    block, time_days, event = _data()
    assert set(member.choose(block, time_days, np.zeros_like(event))) <= set("abc")


def test_univariate_keeps_the_best_and_mrmr_not_its_like():
    data = _data()
    assert Univariate(2).choose(*data) == ("a", "b")
    assert Mrmr(2).choose(*data) in (("a", "c"), ("b", "c"))
    assert Univariate(5, min_distance=0.15).choose(*data) == ("a", "b")


def test_noise_is_not_stable():
    rng = np.random.default_rng(3)
    block = Block(tuple(f"n{i}" for i in range(100)), rng.normal(size=(80, 100)))
    assert len(Stability(5, 0.9).choose(block, rng.exponential(size=80), rng.random(80) < 0.6)) <= 1


def test_the_c_of_a_column_is_harrells_and_gaps_take_their_pairs_away():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 5, (60, 3)).astype(float)
    time_days, event = rng.integers(1, 12, 60).astype(float), rng.random(60) < 0.6
    expected = [harrell_c(time_days, event, column).estimate for column in values.T]
    assert univariate_c(values, time_days, event) == pytest.approx(expected, abs=1e-12)
    values[::3, 0] = NAN
    known = np.isfinite(values[:, 0])
    expected = harrell_c(time_days[known], event[known], values[known, 0]).estimate
    assert univariate_c(values, time_days, event)[0] == pytest.approx(expected, abs=1e-12)


def test_the_c_of_a_resample_is_that_of_the_rows_it_draws():
    rng = np.random.default_rng(5)
    values, time_days, event = rng.normal(size=(30, 2)), rng.permutation(30) + 1.0, rng.random(30) < 0.7
    counts = rng.multinomial(30, np.full(30, 1 / 30)).astype(float)
    drawn = np.repeat(np.arange(30), counts.astype(int))
    expected = [harrell_c(time_days[drawn], event[drawn], column[drawn]).estimate for column in values.T]
    assert resampled_c(values, time_days, event, counts[None])[0] == pytest.approx(expected, abs=1e-12)


def test_selectors_of_the_settings_choose_for_the_score(make_rows):
    member = {"class_path": "medmtl.risk.selectors.univariate.Univariate", "init_args": {"count": 2}}
    score = fit_score(make_rows(n=100, radiomics=12), RiskSettings(selectors=(member,), penalizers=(0.1,)))
    assert len(score.radiomics.chosen) == 2
