"""The small Cox regression and the moments of its risk sets, against R survival."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.risk_sets import risk_sets


def test_rossi_has_the_coefficients_errors_and_likelihood_of_r(rossi):
    _, _, fitted = rossi
    expected = [-0.379422166486, -0.0574377426841, 0.313899787842, -0.149795697667, -0.433703877937, -0.0848710825004]
    np.testing.assert_allclose(fitted.coefficients, [*expected, 0.0914970809853], atol=1e-6)
    errors = [0.191379480714, 0.0219994706007, 0.307992776557, 0.212224296249, 0.381868057669, 0.195757, 0.02864854996]
    np.testing.assert_allclose(fitted.errors, errors, atol=1e-6)
    assert fitted.log_likelihood == pytest.approx(-658.747659446, abs=1e-8)


def test_rossi_in_strata_has_the_coefficients_of_r(rossi):
    outcomes, x, _ = rossi
    fitted = fit_cox(np.delete(x, 3, axis=1), Outcomes(outcomes.time_days, outcomes.event, x[:, 3]))
    assert fitted.coefficients[0] == pytest.approx(-0.38015409882, abs=1e-6)
    assert fitted.log_likelihood == pytest.approx(-580.885746514, abs=1e-8)


def test_a_case_censored_with_an_event_is_still_at_risk_in_any_order():
    """The trap: a library that sorts by time alone may drop the censored case; correct is 1.6803."""
    log_hazard = np.array([0.4, 1.2, -0.3])
    time_days, event = np.array([5.0, 5.0, 9.0]), np.array([True, False, False])
    expected = np.log(np.exp(log_hazard).sum()) - 0.4
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        sets = risk_sets(np.zeros((3, 1)), log_hazard[order], Outcomes(time_days[order], event[order]))
        assert sets.log_total.sum() - 0.4 == pytest.approx(expected)


def test_tied_events_leave_the_risk_set_by_halves():
    log_hazard = np.array([0.0, np.log(2), np.log(3)])
    outcomes = Outcomes(np.array([1.0, 1.0, 2.0]), np.array([True, True, False]))
    sets = risk_sets(np.zeros((3, 1)), log_hazard, outcomes)
    np.testing.assert_allclose(np.exp(sets.log_total), [6.0, 6.0 - 1.5])


@pytest.mark.parametrize("size", [1e-100, 1e100])
def test_columns_of_any_size_are_fitted(size, phantom):
    outcomes, log_hazard, _ = phantom()
    plain, moved = (fit_cox(log_hazard[:, None] * factor, outcomes) for factor in (1.0, size))
    assert moved.coefficients[0] * size == pytest.approx(plain.coefficients[0])


def test_log_hazards_far_apart_do_not_overflow():
    outcomes = Outcomes(np.arange(1.0, 5.0), np.ones(4, dtype=bool))
    sets = risk_sets(np.arange(4.0)[:, None], np.array([2000.0, 0.0, -2000.0, 90.0]), outcomes)
    assert np.isfinite(sets.log_total).all()
    assert sets.log_total[0] == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("x", "event", "told"),
    [
        (np.ones(6), np.ones(6, bool), "a column is constant"),
        (np.arange(6.0), np.zeros(6, bool), "no event"),
        (np.arange(6.0), np.arange(6) == 5, "do not tell the columns apart"),
        (-np.arange(6.0), np.ones(6, bool), "separate the events"),
    ],
)
def test_what_cannot_be_fitted_is_told(x, event, told):
    found = fit_cox(x[:, None], Outcomes(np.arange(1.0, 7.0), event))
    assert isinstance(found, str)
    assert told in found


def test_a_column_with_a_hole_is_refused():
    with pytest.raises(MedmtlError, match=r"Every column value must be a finite number\. Found nan at position 1"):
        fit_cox(np.array([[1.0], [np.nan]]), Outcomes(np.array([1.0, 2.0]), np.array([True, True])))
