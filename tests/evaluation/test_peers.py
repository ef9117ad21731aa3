"""Against scikit-survival, SurvivalEVAL (both GPL, so never at run time) and dcurves: `pip install medmtl[peers]`.

What they said of one small cohort is kept as literals, so that the comparison runs without them as well.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from medmtl.evaluation.auc import auc_at, auc_influence
from medmtl.evaluation.brier import brier_at, integrated_brier
from medmtl.evaluation.concordance import harrell_c
from medmtl.evaluation.d_calibration import d_calibration
from medmtl.evaluation.decision_curve import decision_curve
from medmtl.evaluation.horizon import at_horizon
from medmtl.evaluation.outcomes import Outcomes
from medmtl.evaluation.uno import uno_c, uno_influence

TIMES = np.array([76.0, 94.0, 157.0, 198.0, 235.0, 266.0, 389.0, 458.0, 507.0, 693.0, 756.0, 819.0, 1082.0, 1196.0])
EVENT = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0], dtype=bool)
RISK = np.array([1.2, 0.3, -0.4, 0.8, 0.1, 0.5, -0.2, 0.5, 0.4, -1.1, 0.3, -0.6, -0.9, -0.3])
DAYS = (200.0, 400.0, 700.0)


def _survival(days):
    return np.exp(-np.asarray(days)[None, :] / 800 * np.exp(RISK)[:, None])


SMALL = Outcomes(TIMES, EVENT)
PEERS = {
    "uno": 0.7985698428639386,
    "auc": [0.8867647058823529, 0.7503001200480192, 0.8970099667774086],
    "brier": [0.11923055647152321, 0.1854363013954428, 0.1687737822885971],
    "ibs": 0.16719639667860517,
    "d": 3.939719271430696,
    "benefit": [0.2784391534391535, 0.09523809523809512, -0.07142857142857151],
}


def test_a_small_cohort_has_the_figures_of_the_peers():
    """Computed by scikit-survival 0.28.0, dcurves 1.1.7 and SurvivalEVAL 0.9.0."""
    assert uno_c(SMALL, RISK, 0.95, 700.0).estimate == pytest.approx(PEERS["uno"], abs=1e-12)
    assert [auc_at(SMALL, RISK, day, 0.95).estimate for day in DAYS] == pytest.approx(PEERS["auc"], abs=1e-12)
    scores = [brier_at(SMALL, _survival([day])[:, 0], day, 0.95).score.estimate for day in DAYS]
    assert scores == pytest.approx(PEERS["brier"], abs=1e-12)
    assert integrated_brier(SMALL, _survival(DAYS), DAYS, 0.95).score.estimate == pytest.approx(PEERS["ibs"], abs=1e-12)
    own = _survival(TIMES).diagonal()
    assert d_calibration(SMALL, own).chi_squared == pytest.approx(PEERS["d"], abs=1e-12)
    benefit = decision_curve(SMALL, 1 - _survival([400.0])[:, 0], 400.0, (0.2, 0.4, 0.5))
    assert benefit.model == pytest.approx(PEERS["benefit"], abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_scikit_survival_agrees_where_no_censoring_ties_with_an_event(phantom, seed):
    metrics = pytest.importorskip("sksurv.metrics", reason="needs the group `peers`")
    outcomes, risk, _ = phantom(120, seed)
    days = np.quantile(outcomes.time_days, [0.3, 0.45, 0.6])
    observed = np.array(
        [*zip(outcomes.event, outcomes.time_days, strict=True)], dtype=[("event", bool), ("time", float)]
    )
    survival = np.exp(-days[None, :] / 900 * np.exp(risk)[:, None])
    peer = metrics.concordance_index_censored(outcomes.event, outcomes.time_days, risk)[0]
    assert harrell_c(outcomes.time_days, outcomes.event, risk).estimate == pytest.approx(peer, abs=1e-12)
    peer = metrics.concordance_index_ipcw(observed, observed, risk, tau=days[2])[0]
    assert uno_influence(outcomes, risk, days[2]).estimate == pytest.approx(peer, abs=1e-12)
    own = [auc_influence(at_horizon(outcomes, day), risk).estimate for day in days]
    assert own == pytest.approx(metrics.cumulative_dynamic_auc(observed, observed, risk, days)[0], abs=1e-12)
    peer = metrics.integrated_brier_score(observed, observed, survival, days)
    assert integrated_brier(outcomes, survival, days.tolist(), 0.95).score.estimate == pytest.approx(peer, abs=1e-12)


def test_dcurves_agrees(phantom):
    dcurves = pytest.importorskip("dcurves", reason="needs the group `peers`")
    outcomes, _, survival = phantom(150)
    table = pd.DataFrame({"risk": 1 - survival(600.0), "days": outcomes.time_days, "event": 1 * outcomes.event})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dcurves.dca(
            data=table,
            outcome="event",
            modelnames=["risk"],
            time=600,
            time_to_outcome_col="days",
            thresholds=[0.2, 0.5],
        )
    peer = found[found["model"] == "risk"]["net_benefit"].tolist()
    assert decision_curve(outcomes, table["risk"].to_numpy(), 600.0, (0.2, 0.5)).model == pytest.approx(peer, abs=1e-12)


def test_survival_eval_agrees(phantom):
    peer = pytest.importorskip(
        "SurvivalEVAL.evaluations.calibration.distributional.distribution_calibration", reason="needs the group `peers`"
    )
    outcomes, risk, _ = phantom(150)
    own = np.exp(-outcomes.time_days / 900 * np.exp(risk))
    statistic, p, cases = peer.d_calibration(own, outcomes.event)
    found = d_calibration(outcomes, own)
    assert (found.chi_squared, found.p) == (pytest.approx(statistic), pytest.approx(p))
    np.testing.assert_allclose(found.cases, cases[::-1])
