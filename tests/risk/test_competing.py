"""Competing risks against R's cmprsk, lifelines and hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter

from medmtl.risk.competing import aalen_johansen, cumulative_incidence, fit_cause_specific


def test_incidences_by_hand():
    found = aalen_johansen(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 0, 1]))
    assert found.by_cause[1] == pytest.approx([0.25, 0.25, 0.75])
    assert found.by_cause[2] == pytest.approx([0.0, 0.25, 0.25])
    assert found.survival == pytest.approx([0.75, 0.5, 0.0])
    assert found.at(1, [0.5, 1.0, 3.9]) == pytest.approx([0.0, 0.25, 0.25])


def test_incidences_are_those_of_lifelines_and_add_up_with_survival():
    rng = np.random.default_rng(0)
    time_days, cause = rng.permutation(120).astype(float) + 1, rng.integers(0, 3, 120)
    found = aalen_johansen(time_days, cause)
    theirs = AalenJohansenFitter(calculate_variance=False).fit(time_days, cause, event_of_interest=1)
    expected = theirs.cumulative_density_.iloc[:, 0]
    assert found.by_cause[1] == pytest.approx(expected.loc[found.times_days].to_numpy(), abs=1e-12)
    assert found.survival + found.by_cause[1] + found.by_cause[2] == pytest.approx(1.0, abs=1e-12)


def test_no_event_of_any_cause_has_no_incidence():
    found = aalen_johansen(np.array([1.0, 2.0]), np.array([0, 0]))
    assert (found.times_days.size, found.by_cause) == (0, {})


def test_a_column_that_drives_one_cause_is_found_for_that_cause_and_its_incidence():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 1))
    x = (x - x.mean()) / x.std(ddof=1)
    first, second = rng.exponential(np.exp(-x[:, 0])), rng.exponential(np.ones(400))
    time_days = np.minimum(np.minimum(first, second), 2.0)
    cause = np.where(time_days == 2.0, 0, np.where(first < second, 1, 2))
    hazards = fit_cause_specific(x, ["x"], time_days, cause, 1e-4)
    assert hazards[1].coefficients[0] == pytest.approx(1.0, abs=0.25)
    assert hazards[2].coefficients[0] == pytest.approx(0.0, abs=0.25)
    low, high = cumulative_incidence(hazards, np.array([[-1.0], [1.0]]))
    assert high.at(1, [1.0])[0] > low.at(1, [1.0])[0] + 0.2
    assert high.at(2, [1.0])[0] < low.at(2, [1.0])[0]
    total = high.survival + high.by_cause[1] + high.by_cause[2]
    assert total == pytest.approx(1.0, abs=1e-12)


def test_predicted_incidences_of_the_mean_case_are_near_the_observed():
    rng = np.random.default_rng(2)
    time_days, cause = rng.exponential(size=500), rng.integers(1, 3, 500)
    x = np.zeros((500, 1))
    predicted = cumulative_incidence(fit_cause_specific(x, ["x"], time_days, cause, 0.1), x[:1])[0]
    observed = aalen_johansen(time_days, cause)
    assert predicted.at(1, [0.5, 1.0]) == pytest.approx(observed.at(1, [0.5, 1.0]), abs=0.005)


REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "survival_reference.csv"


@pytest.mark.shared_data
def test_the_reference_keeps_its_values_for_competing_risks():
    """The values of cmprsk are kept; its cohort comes with scikit-survival, which is not installed by default."""
    if not REFERENCE.is_file():
        pytest.skip(f"the reference values are not at {REFERENCE}")
    sksurv = pytest.importorskip("sksurv.datasets", reason="the cohort ships with scikit-survival")
    _, outcome = sksurv.load_bmt()
    found = aalen_johansen(outcome["ftime"].astype(float), outcome["status"].astype(int))
    values = pd.read_csv(REFERENCE)
    values = values[(values["dataset"] == "bmt") & (values["package"] == "R:cmprsk")].set_index("metric")["value"]
    for k in (1, 2):
        for t in (10, 20, 40):
            assert found.at(k, [t])[0] == pytest.approx(values[f"CIF{k}({t})"], abs=1e-9)
