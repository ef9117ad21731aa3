"""Phantom rows whose hazard is known."""

from pathlib import Path

import numpy as np
import pytest

from medmtl.records import Case, ClinicalColumn, Endpoint, Fold, Scale
from medmtl.risk.rows import Block, RiskRows

COLUMNS = (ClinicalColumn("age", Scale.NUMERIC), ClinicalColumn("sex", Scale.NOMINAL, ("Female", "Male")))


def _case(number, age, sex, endpoint):
    return Case(f"case-{number:03d}", "a", Path("ct"), Path("pet"), None, {"pfs": endpoint}, {"age": age, "sex": sex})


def _rows(n=80, seed=0, radiomics=6, folds=4):
    """The log hazard is deep + 0.8 (log volume - 3) + age/10 - 6; radiomics are noise."""
    rng = np.random.default_rng(seed)
    deep, age = rng.normal(size=n), rng.normal(60, 8, n).round()
    image = np.exp(rng.normal([3.0, 2.0, 1.0, 4.0], 0.6, (n, 4)))
    log_hazard = deep + 0.8 * (np.log(image[:, 0]) - 3) + age / 10 - 6
    time_days, censored = rng.exponential(700 * np.exp(-log_hazard)), rng.uniform(300, 2000, n)
    event = time_days <= censored
    time_days = np.minimum(time_days, censored).round() + 1
    sexes = rng.choice(["Female", "Male"], n)
    cases = (_case(i, age[i], str(sexes[i]), Endpoint(time_days[i], bool(event[i]))) for i in range(n))
    return RiskRows(
        cases=tuple(cases),
        columns=COLUMNS,
        fold=np.arange(n) % folds,
        time_days=time_days,
        event=event,
        deep=deep,
        image=Block(("volume_ml", "suv_max", "suv_mean", "tlg"), image),
        radiomics=Block(tuple(f"r{i}" for i in range(radiomics)), rng.normal(size=(n, radiomics))),
    )


def _folds(rows):
    ids = np.array([case.case_id for case in rows.cases])
    numbers = np.unique(rows.fold).tolist()
    return tuple(Fold(k, tuple(ids[rows.fold != k].tolist()), (), tuple(ids[rows.fold == k].tolist())) for k in numbers)


@pytest.fixture
def make_rows():
    return _rows


@pytest.fixture
def folds_of():
    return _folds
