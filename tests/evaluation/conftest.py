"""Published cohorts with a fitted Cox model, as arrays."""

import numpy as np
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_gbsg2, load_rossi

from medmtl.evaluation.cox import fit_cox
from medmtl.evaluation.outcomes import Outcomes

ROSSI = ("fin", "age", "race", "wexp", "mar", "paro", "prio")
GBSG2 = ("horTh", "age", "menostat", "tsize", "tgrade", "pnodes", "progrec", "estrec")


@pytest.fixture(scope="session")
def rossi():
    """Return outcomes, columns and the fit of Efron's Cox model."""
    data = load_rossi()
    outcomes = Outcomes(data["week"].to_numpy(float), data["arrest"].to_numpy(bool))
    x = data[[*ROSSI]].to_numpy(float)
    return outcomes, x, fit_cox(x, outcomes)


@pytest.fixture(scope="session")
def gbsg2():
    """Return outcomes, columns, log hazards and a function that gives the survival [n, times] of the full model."""
    data = load_gbsg2()
    words = {"tgrade": data["tgrade"].map({"I": 1, "II": 2, "III": 3}), "horTh": 1.0 * (data["horTh"] == "yes")}
    coded = data.assign(**words, menostat=1.0 * (data["menostat"] == "Post"))
    fitter = CoxPHFitter().fit(coded, "time", "cens", fit_options={"precision": 1e-10})
    outcomes = Outcomes(data["time"].to_numpy(float), data["cens"].to_numpy(bool))
    x = coded[[*GBSG2]].to_numpy(float)
    log_hazard = x @ fitter.params_[[*GBSG2]].to_numpy()
    return outcomes, x, log_hazard, lambda times: fitter.predict_survival_function(coded, times=times).to_numpy().T


@pytest.fixture
def phantom():
    """Return a function that gives outcomes, log hazards and the survival function of a simulated cohort."""

    def simulate(n=80, seed=0, whole_days=False, effect=1.0):
        rng = np.random.default_rng(seed)
        log_hazard = effect * rng.normal(size=n)
        event_days, censored_days = rng.exponential(900 * np.exp(-log_hazard)), rng.exponential(1500, n)
        time_days = np.minimum(event_days, censored_days)
        time_days = np.ceil(time_days / 60) if whole_days else time_days
        outcomes = Outcomes(time_days, event_days <= censored_days)
        return outcomes, log_hazard, lambda days: np.exp(-days / 900 * np.exp(log_hazard))

    return simulate
