"""The plain Cox model and its tables against R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_leukemia, load_lung, load_rossi

from medmtl.errors import MedmtlError
from medmtl.risk.cross_fit import fit_all
from medmtl.risk.hazard import build_hazard
from medmtl.risk.partial_likelihood import risk_sets
from medmtl.risk.plain_cox import infer, inference_table
from medmtl.risk.ridge import fit_ridge
from medmtl.risk.settings import RiskSettings

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "survival_reference.csv"


def _rossi():
    data = load_rossi()
    return data.drop(columns=["week", "arrest"]), data["week"], data["arrest"]


def _lung():
    data = load_lung()[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    return data[["age", "sex", "ph.ecog"]], data["time"], data["status"]


def _leukemia():
    data = load_leukemia()
    return data[["sex", "logWBC", "Rx"]], data["t"], data["status"]


COHORTS = {
    ("rossi", "cox efron"): (_rossi, "efron"),
    ("rossi", "cox breslow"): (_rossi, "breslow"),
    ("lung", "cox efron age+sex+ph.ecog"): (_lung, "efron"),
    ("leukemia", "cox efron"): (_leukemia, "efron"),
    ("leukemia", "cox breslow"): (_leukemia, "breslow"),
}


def _arrays(cohort):
    x, time_days, event = cohort()
    raw = x.to_numpy(float)
    sd = raw.std(axis=0, ddof=1)
    return list(x), (raw - raw.mean(axis=0)) / sd, sd, time_days.to_numpy(float), event.to_numpy() > 0


@pytest.fixture(scope="module")
def reference():
    if not REFERENCE.is_file():
        pytest.skip(f"the reference values are not at {REFERENCE}")
    return pd.read_csv(REFERENCE)


@pytest.mark.shared_data
@pytest.mark.parametrize("key", [key for key, (_, ties) in COHORTS.items() if ties == "efron"], ids="-".join)
def test_coefficients_errors_and_likelihood_are_those_of_r(key, reference):
    names, x, sd, time_days, event = _arrays(COHORTS[key][0])
    values = reference[(reference["dataset"] == key[0]) & (reference["model"] == key[1])]
    values = values[values["package"] == "R:survival"].set_index("metric")["value"]
    found = infer(x, tuple(names), time_days, event)
    own = build_hazard(x, names, fit_ridge(x, time_days, event, 0.0), (time_days, event), 0.0)
    for i, name in enumerate(names):
        assert found.table["coefficient"][i] / sd[i] == pytest.approx(values[f"coef[{name}]"], abs=1e-6)
        assert own.coefficients[i] / sd[i] == pytest.approx(values[f"coef[{name}]"], abs=1e-6)
        if f"se[{name}]" in values:
            assert found.table["error"][i] / sd[i] == pytest.approx(values[f"se[{name}]"], abs=1e-6)
            assert own.errors[i] / sd[i] == pytest.approx(values[f"se[{name}]"], abs=1e-6)


def test_rossi_has_the_likelihood_ratio_of_r():
    names, x, _, time_days, event = _arrays(_rossi)
    found = infer(x, tuple(names), time_days, event)
    assert found.likelihood_ratio == pytest.approx(33.26595, abs=1e-4)
    assert found.log_likelihood == pytest.approx(-658.747659, abs=1e-5)
    assert found.table["p"][names.index("fin")] == pytest.approx(0.0474, abs=1e-3)
    assert (found.table["low"] < found.table["hazard_ratio"]).all()


def test_breslows_ties_have_the_likelihood_of_r():
    _, x, _, time_days, event = _arrays(_rossi)
    sets = risk_sets(time_days, event, "breslow")
    at = np.zeros(x.shape[1])
    for _ in range(20):
        gradient, bend = sets.derivatives(x @ at, x)
        at = at + np.linalg.solve(bend, gradient)
    assert sets.log_likelihood(x @ at) == pytest.approx(-659.120606, abs=1e-5)


def test_columns_that_tell_the_same_are_refused():
    _, x, _, time_days, event = _arrays(_rossi)
    with pytest.raises(MedmtlError, match="one follows from the others"):
        infer(np.column_stack([x, x[:, 0] + x[:, 1]]), tuple("abcdefgh"), time_days, event)


def test_the_stored_models_have_a_table_or_a_reason(make_rows):
    rows = make_rows(n=80)
    settings = RiskSettings(models=("image", "deep", "clinical"), penalizers=(0.1,))
    table = inference_table(fit_all(rows, settings), rows)
    assert table["model"].unique().tolist() == ["image", "deep", "clinical"]
    assert table.loc[table["feature"] == "deep_log_hazard", "p"].item() < 0.001
    few = rows.take(np.arange(80) < 4)
    told = inference_table(fit_all(few, settings), few)
    assert told.loc[told["feature"].isna(), "note"].str.contains("the data determine").tolist() == [True]
