"""Logarithm, imputation, flags and scale, all from training rows."""

import numpy as np
import pytest

from medmtl.risk.rows import Block
from medmtl.risk.scaling import Scaler, fit_scaler

NAN = float("nan")


def test_columns_get_mean_zero_and_variance_one():
    block = Block(("a", "b"), np.random.default_rng(0).normal([5, -3], [2, 9], (50, 2)))
    x = fit_scaler(block, take_log=False).transform(block)
    assert x.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert x.std(axis=0, ddof=1) == pytest.approx([1, 1])


def test_missing_becomes_the_median_and_raises_a_flag():
    block = Block(("a",), np.array([[1.0], [2.0], [9.0], [NAN]]))
    scaler = fit_scaler(block, take_log=False)
    assert scaler.names == ("a", "a_missing")
    filled = scaler.transform(Block(("a",), np.array([[2.0], [NAN]])))
    assert filled[0, 0] == filled[1, 0]
    assert filled[1, 1] > filled[0, 1]


def test_columns_missing_together_share_one_flag():
    values = np.array([[1.0, 4.0, 1.0], [2.0, 5.0, NAN], [3.0, 7.0, 2.0], [NAN, NAN, 5.0]])
    assert fit_scaler(Block(("a", "b", "c"), values), take_log=False).names == (
        "a",
        "b",
        "c",
        "a_missing",
        "c_missing",
    )


def test_constant_and_missing_columns_are_dropped():
    values = np.column_stack([np.arange(5.0), np.full(5, 0.1), np.full(5, NAN)])
    scaler = fit_scaler(Block(("a", "flat", "gone"), values), take_log=True)
    assert (scaler.names, scaler.dropped) == (("a",), ("flat", "gone"))


def test_a_value_missing_only_later_is_the_median():
    scaler = fit_scaler(Block(("a",), np.array([[1.0], [2.0], [9.0]])), take_log=False)
    later = scaler.transform(Block(("a",), np.array([[NAN], [2.0]])))
    assert later[0] == later[1]


def test_only_a_skewed_column_without_negatives_becomes_its_logarithm():
    rng = np.random.default_rng(1)
    skewed, normal = np.exp(rng.normal(0, 1, 200)), rng.normal(10, 1, 200)
    scaler = fit_scaler(Block(("s", "n", "m"), np.column_stack([skewed, normal, skewed - 5])), take_log=True)
    assert scaler.logged == (True, False, False)
    assert np.isfinite(scaler.transform(Block(("s", "n", "m"), np.array([[-3.0, 1.0, 1.0]])))).all()


def test_one_row_keeps_no_column():
    scaler = fit_scaler(Block(("a",), np.array([[3.0]])), take_log=True)
    assert scaler.transform(Block(("a",), np.array([[7.0]]))).shape == (1, 0)


def test_a_block_without_columns_stays_without():
    empty = Block((), np.zeros((4, 0)))
    assert fit_scaler(empty, take_log=True).transform(empty).shape == (4, 0)


def test_constants_survive_json():
    block = Block(("a", "b"), np.array([[1.0, NAN], [2.5, 1.0], [0.1, 7.0]]))
    scaler = fit_scaler(block, take_log=True)
    assert Scaler.from_dict(scaler.to_dict()) == scaler
