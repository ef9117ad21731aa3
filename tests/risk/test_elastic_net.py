"""The elastic-net path against R's glmnet, its own optimality, and sense."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi

from medmtl.errors import MedmtlError
from medmtl.risk.elastic_net import elastic_net_path, largest_penalty
from medmtl.risk.elastic_net_cox import ElasticNetCox
from medmtl.risk.partial_likelihood import risk_sets
from medmtl.risk.ridge import fit_ridge
from medmtl.risk.settings import RiskSettings

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "survival_reference.csv"


def _rossi(ties):
    data = load_rossi()
    names = [name for name in data if name not in ("week", "arrest")]
    raw = data[names].to_numpy(float)
    sd = raw.std(axis=0)
    sets = risk_sets(data["week"].to_numpy(float), data["arrest"].to_numpy(bool), ties)
    return names, (raw - raw.mean(axis=0)) / sd, sd, sets


def _wide(n=60, p=150, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    return x, rng.exponential(np.exp(-x[:, 0] - 0.5 * x[:, 1])), rng.random(n) < 0.7


def test_rossi_has_the_coefficients_of_glmnet_with_breslows_ties():
    names, x, sd, sets = _rossi("breslow")
    found = dict(zip(names, elastic_net_path(x, sets, 0.5, [0.02])[0.02] / sd, strict=True))
    assert found["fin"] == pytest.approx(-0.280789877306, abs=2e-6)
    assert found["age"] == pytest.approx(-0.0454873785418, abs=1e-6)
    assert found["prio"] == pytest.approx(0.0811323771084, abs=1e-6)


@pytest.mark.shared_data
@pytest.mark.parametrize("penalty", [0.1, 0.05, 0.02, 0.01])
def test_rossi_has_every_coefficient_of_glmnet(penalty):
    if not REFERENCE.is_file():
        pytest.skip(f"the reference values are not at {REFERENCE}")
    names, x, sd, sets = _rossi("breslow")
    values = pd.read_csv(REFERENCE)
    expected = values[values["model"] == f"glmnet cox alpha=.5 lambda={penalty:g}"].set_index("metric")["value"]
    found = elastic_net_path(x, sets, 0.5, [penalty])[penalty] / sd
    # glmnet itself stops at a relative gain of 1e-7 in deviance: its last digits are not the optimum's
    assert found == pytest.approx([expected[f"coef[{name}]"] for name in names], abs=2e-5)
    assert [name for name, value in zip(names, found, strict=True) if value == 0] == [
        name for name in names if expected[f"coef[{name}]"] == 0
    ]


@pytest.mark.parametrize("l1_ratio", [0.2, 1.0])
def test_every_solution_is_a_minimum(l1_ratio):
    x, time_days, event = _wide()
    sets = risk_sets(time_days, event)
    penalties = largest_penalty(x, sets, l1_ratio) * np.geomspace(1, 0.05, 6)
    for penalty, b in elastic_net_path(x, sets, l1_ratio, penalties.tolist()).items():
        slope = sets.gradient(x @ b, x) / 60 - penalty * (1 - l1_ratio) * b
        inside = b != 0
        assert slope[inside] == pytest.approx(penalty * l1_ratio * np.sign(b[inside]), abs=1e-7)
        assert np.abs(slope[~inside]).max() <= penalty * l1_ratio + 1e-9


def test_the_largest_penalty_is_where_the_first_column_enters():
    x, time_days, event = _wide()
    sets = risk_sets(time_days, event)
    largest = largest_penalty(x, sets, 0.5)
    path = elastic_net_path(x, sets, 0.5, [largest, 0.95 * largest])
    assert [(b != 0).sum() for b in path.values()] == [0, 1]


def test_hardly_any_l1_is_ridge():
    _, x, _, sets = _rossi("efron")
    data = load_rossi()
    found = elastic_net_path(x, sets, 1e-9, [0.1])[0.1]
    ridge = fit_ridge(x, data["week"].to_numpy(float), data["arrest"].to_numpy(bool), 0.1)
    assert found == pytest.approx(ridge, abs=1e-6)


def test_the_gradient_is_that_of_the_derivatives():
    x, time_days, event = _wide(p=5)
    sets, at = risk_sets(time_days, event), 0.3 * np.ones(5)
    assert sets.gradient(x @ at, x) == pytest.approx(sets.derivatives(x @ at, x)[0], abs=1e-10)


def test_the_rule_of_one_error_keeps_no_more_columns(make_rows):
    rows = make_rows(n=120, radiomics=40)
    settings, blocks = RiskSettings(inner_folds=4), ("deep", "image", "all_radiomics", "clinical")
    best, sparse = (ElasticNetCox(settings, blocks, rule=rule).fit(rows) for rule in ("best", "one_error"))
    assert {"deep_log_hazard", "log_volume_ml"} <= {effect.name for effect in best.effects()}
    assert 0 < len(sparse.effects()) <= len(best.effects()) < 30
    assert set(best.hazard.names) == set(best.scaler.names)


def test_a_ratio_outside_its_range_is_refused():
    with pytest.raises(MedmtlError, match=r"l1_ratio in \(0, 1\].*Found 0"):
        ElasticNetCox(RiskSettings(), ("image",), l1_ratio=0)
