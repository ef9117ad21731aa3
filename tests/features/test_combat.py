"""Centres taken out of features: by hand, against the published algorithm written out, and without leaks."""

import json
from itertools import product

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.features.centre_effects import FittedEffects, UnseenCentre
from medmtl.features.combat import ComBat
from medmtl.features.harmoniser import Harmoniser
from medmtl.features.location_scale import LocationScale
from medmtl.members import build

MEMBERS = (ComBat, LocationScale)


def _cohort(p: int = 30, n: int = 40) -> tuple[np.ndarray, list[str]]:
    """Return features of three centres that shift and stretch every feature in its own way."""
    rng = np.random.default_rng(0)
    centres = [name for name in "ABC" for _ in range(n)]
    shift, scale = rng.normal(size=(3, p)) * 2, rng.uniform(0.5, 2.0, size=(3, p))
    which = np.repeat(np.arange(3), n)
    return 10 + rng.normal(size=(3 * n, p)) * scale[which] + shift[which], centres


def _means(values: np.ndarray, centres: list[str]) -> np.ndarray:
    return np.stack([values[[one == name for one in centres]].mean(axis=0) for name in sorted(set(centres))])


def test_location_and_scale_are_worked_by_hand() -> None:
    values = np.array([[1.0], [3.0], [10.0], [18.0]])  # A: mean 2, B: mean 14; residual squares 1, 1, 16, 16
    centres = ["A", "A", "B", "B"]
    fitted = LocationScale(min_cases=2).fit(values, centres)
    deviation = np.sqrt(34 / 4)
    expected = 8 + np.array([-1, 1, -1, 1]) / np.sqrt(2) * deviation  # each centre's own deviation is over n - 1
    np.testing.assert_allclose(fitted.transform(values, centres).ravel(), expected, rtol=1e-12)


def test_every_centre_has_one_mean_and_deviation_after_location_and_scale() -> None:
    values, centres = _cohort()
    after = LocationScale().fit(values, centres).transform(values, centres)
    np.testing.assert_allclose(_means(after, centres), np.tile(after.mean(axis=0), (3, 1)), atol=1e-9)


def test_combat_equals_the_algorithm_written_out_feature_by_feature() -> None:
    values, centres = _cohort(p=12, n=15)
    names = np.array(centres)
    n, p = values.shape
    grand = values.mean(axis=0)
    residual = values - np.stack([values[names == name].mean(axis=0) for name in centres])
    pooled = np.sqrt((residual**2).sum(axis=0) / n)
    z = (values - grand) / pooled
    expected = np.empty_like(values)
    for name in "ABC":
        own = z[names == name]
        gamma, delta = own.mean(axis=0), own.var(axis=0, ddof=1)
        gamma_bar, tau2, m, s2 = gamma.mean(), gamma.var(ddof=1), delta.mean(), delta.var(ddof=1)
        lam, theta = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
        for g in range(p):
            shift, variance = gamma[g], delta[g]
            for _ in range(500):
                shift = (len(own) * tau2 * gamma[g] + variance * gamma_bar) / (len(own) * tau2 + variance)
                variance = (theta + 0.5 * ((own[:, g] - shift) ** 2).sum()) / (len(own) / 2 + lam - 1)
            expected[names == name, g] = pooled[g] * (own[:, g] - shift) / np.sqrt(variance) + grand[g]
    np.testing.assert_allclose(ComBat().fit(values, centres).transform(values, centres), expected, rtol=1e-4)


def test_combat_takes_most_of_the_centres_away_and_keeps_the_order_within_them() -> None:
    values, centres = _cohort()
    after = ComBat().fit(values, centres).transform(values, centres)
    assert np.ptp(_means(after, centres), axis=0).max() < 0.1 * np.ptp(_means(values, centres), axis=0).max()
    own = np.array(centres) == "B"
    assert (values[own].argsort(axis=0) == after[own].argsort(axis=0)).all()


@pytest.mark.parametrize("member", MEMBERS)
def test_a_case_does_not_depend_on_those_beside_it(member: type) -> None:
    values, centres = _cohort()
    fitted = member(unseen=UnseenCentre.POOLED).fit(values[:100], centres[:100])
    whole = fitted.transform(values, centres)
    alone = np.concatenate([fitted.transform(values[i : i + 1], centres[i : i + 1]) for i in range(len(values))])
    np.testing.assert_array_equal(whole, alone)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_stored_harmoniser_does_the_same(member: type) -> None:
    values, centres = _cohort()
    fitted = member().fit(values, centres)
    again = FittedEffects.from_dict(json.loads(json.dumps(fitted.to_dict())))
    np.testing.assert_array_equal(again.transform(values, centres), fitted.transform(values, centres))


@pytest.mark.parametrize("member", MEMBERS)
def test_what_is_unknown_stays_unknown_and_changes_no_other_feature(member: type) -> None:
    values, centres = _cohort()
    gaps = values.copy()
    gaps[::7, 3] = np.nan
    after = member().fit(gaps, centres).transform(gaps, centres)
    assert np.isnan(after[::7, 3]).all()
    assert np.isfinite(np.delete(after, 3, axis=1)).all()


@pytest.mark.parametrize(("member", "odd"), [*product(MEMBERS, (5.0, 0.0, np.nan))])
def test_a_constant_or_unknown_feature_stays_as_it_is(member: type, odd: float) -> None:
    values, centres = _cohort()
    values[:, 4] = odd
    after = member().fit(values, centres).transform(values, centres)
    np.testing.assert_array_equal(after[:, 4], values[:, 4])
    assert np.isfinite(np.delete(after, 4, axis=1)).all()


@pytest.mark.parametrize("member", MEMBERS)
def test_small_centres_are_one_pool(member: type) -> None:
    values, centres = _cohort()
    few = [f"small{i % 6}" if name == "C" else name for i, name in enumerate(centres)]
    pooled = member().fit(values, few).transform(values, few)
    np.testing.assert_allclose(pooled, member().fit(values, centres).transform(values, centres), rtol=1e-12)


@pytest.mark.parametrize("member", MEMBERS)
def test_an_unseen_centre_is_treated_as_its_policy_says(member: type) -> None:
    values, centres = _cohort()
    known, new = values[:80], values[80:]
    strangers = ["new"] * len(new)
    fit = {policy: member(unseen=policy).fit(known, centres[:80]) for policy in UnseenCentre}
    np.testing.assert_array_equal(fit[UnseenCentre.IDENTITY].transform(new, strangers), new)
    np.testing.assert_array_equal(fit[UnseenCentre.POOLED].transform(new, strangers), new)  # nobody was pooled
    refitted = fit[UnseenCentre.REFIT].transform(new, strangers)
    np.testing.assert_allclose(refitted.mean(axis=0), known.mean(axis=0), rtol=1e-9)
    np.testing.assert_array_equal(fit[UnseenCentre.REFIT].transform(new[:3], strangers[:3]), new[:3])  # too few


def test_an_unseen_centre_joins_the_pool_of_the_small() -> None:
    values, centres = _cohort()
    few = [f"small{i % 6}" if name == "C" else name for i, name in enumerate(centres)]
    fitted = ComBat(unseen=UnseenCentre.POOLED).fit(values, few)
    np.testing.assert_array_equal(fitted.transform(values[80:], ["x"] * 40), fitted.transform(values, few)[80:])


@pytest.mark.parametrize("member", MEMBERS)
def test_one_centre_alone_stays_as_it_is(member: type) -> None:
    values, _ = _cohort()
    centres = ["A"] * len(values)
    np.testing.assert_array_equal(member().fit(values, centres).transform(values, centres), values)


@pytest.mark.parametrize("member", MEMBERS)
def test_it_is_named_in_yaml_and_refuses_a_scale_of_one_case(member: type) -> None:
    named = {"class_path": f"{member.__module__}.{member.__name__}", "init_args": {"min_cases": 5, "unseen": "refit"}}
    assert isinstance(build(named, Harmoniser), member)
    with pytest.raises(MedmtlError, match="min_cases must be 2 or more"):
        member(min_cases=1)
