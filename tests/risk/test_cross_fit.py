"""Every case predicted by a model that saw nothing of its fold."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.errors import CaseError, MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.records import Endpoint
from medmtl.risk.cross_fit import coefficient_table, cross_fit, fit_all
from medmtl.risk.rows import Block
from medmtl.risk.settings import RiskSettings

FUSED = RiskSettings(models=("fused",), radiomics_score_min_events=10, deep_entry="always", penalizers=(0.03, 0.3, 3.0))


def _c_of(risks):
    known = risks.dropna(subset="time_days")
    columns = (known["time_days"].to_numpy(float), known["event"].to_numpy(bool), known["risk"].to_numpy(float))
    return harrell_c(*columns, known["fold"].to_numpy(int)).estimate


def _only_radiomics(rows, values):
    names = tuple(f"noise{i}" for i in range(values.shape[1]))
    flat = Block(rows.image.names, np.ones_like(rows.image.values))
    return replace(rows, columns=(), deep=np.zeros(len(values)), image=flat, radiomics=Block(names, values))


def test_noise_selected_before_the_split_seems_to_predict_and_here_it_does_not(make_rows, folds_of):
    rows = make_rows(n=60, seed=1)
    noise = np.random.default_rng(8).normal(size=(60, 500))
    seen = [abs(harrell_c(rows.time_days, rows.event, column).estimate - 0.5) for column in noise.T]
    leaking = _only_radiomics(rows, noise[:, np.argsort(seen)[-5:]])
    honest = _only_radiomics(rows, noise)
    assert _c_of(cross_fit(leaking, folds_of(rows), FUSED).risks) > 0.68
    assert _c_of(cross_fit(honest, folds_of(rows), FUSED).risks) == pytest.approx(0.5, abs=0.12)


def test_what_is_known_of_held_out_cases_does_not_touch_the_fitted_model(make_rows, folds_of):
    rows = make_rows()
    out = rows.fold == 2
    leak = np.where(out, -rows.time_days, rows.radiomics.values[:, 0])
    cases = tuple(
        replace(case, endpoints={"pfs": Endpoint(1.0, True)}, clinical={"age": 999.0, "sex": None}) if held else case
        for case, held in zip(rows.cases, out, strict=True)
    )
    other = replace(
        rows,
        cases=cases,
        time_days=np.where(out, 1.0, rows.time_days),
        event=out | rows.event,
        deep=np.where(out, 50.0, rows.deep),
        image=Block(rows.image.names, np.where(out[:, None], np.nan, rows.image.values)),
        radiomics=Block(rows.radiomics.names, np.column_stack([leak, rows.radiomics.values[:, 1:]])),
    )
    first, second = (cross_fit(each, folds_of(rows), FUSED).fitted["fused"] for each in (rows, other))
    assert first[2].to_dict() == second[2].to_dict()
    assert first[0].to_dict() != second[0].to_dict()


def test_an_in_sample_deep_risk_is_refused(make_rows, folds_of):
    rows = make_rows()
    cheating = replace(rows, fold=np.roll(rows.fold, 1))
    with pytest.raises(CaseError, match="must come from the model that never saw it"):
        cross_fit(cheating, folds_of(rows), FUSED)


def test_every_case_has_one_risk_per_model(make_rows, folds_of):
    rows = make_rows()
    crossed = cross_fit(rows, folds_of(rows), RiskSettings())
    assert list(crossed.risks.columns) == ["case_id", "fold", "model", "risk", "group", "time_days", "event"]
    assert crossed.risks.groupby("model")["case_id"].nunique().to_dict() == dict.fromkeys(RiskSettings().models, 80)
    assert np.isfinite(crossed.risks["risk"]).all()
    assert not crossed.skipped


def test_the_fused_model_is_better_than_its_parts_on_a_known_hazard(make_rows, folds_of):
    rows = make_rows(n=150, seed=2)
    risks = cross_fit(rows, folds_of(rows), RiskSettings()).risks
    c = {model: _c_of(table) for model, table in risks.groupby("model")}
    assert c["fused"] > max(c["deep"], c["clinical"], c["volume"])
    assert c["fused"] > 0.7


def test_groups_are_cut_at_the_median_of_the_training_risks(make_rows, folds_of):
    rows = make_rows()
    crossed = cross_fit(rows, folds_of(rows), FUSED)
    for fold, model in crossed.fitted["fused"].items():
        table = crossed.risks[crossed.risks["fold"] == fold]
        assert (table["group"] == "high").tolist() == (table["risk"] > model.cut).tolist()
    assert 20 < (crossed.risks["group"] == "high").sum() < 60


def test_a_case_without_the_endpoint_is_predicted(make_rows, folds_of):
    rows = make_rows()
    time_days = np.where(np.arange(80) == 7, np.nan, rows.time_days)
    gaps = replace(rows, time_days=time_days, event=rows.event & np.isfinite(time_days))
    risks = cross_fit(gaps, folds_of(rows), FUSED).risks.set_index("case_id")
    assert np.isfinite(risks.loc["case-007", "risk"])
    assert risks["event"].isna().sum() == 1


def test_a_model_of_nothing_is_skipped_with_its_reason(make_rows, folds_of):
    rows = replace(make_rows(), columns=())
    crossed = cross_fit(rows, folds_of(rows), RiskSettings())
    assert crossed.skipped == {"clinical": "no case has a value of clinical"}
    assert "clinical" not in fit_all(rows, RiskSettings())


def test_the_coefficients_are_told_per_fold_and_for_the_stored_model(make_rows, folds_of):
    rows = make_rows()
    settings = RiskSettings(models=("image",))
    table = coefficient_table(cross_fit(rows, folds_of(rows), settings), fit_all(rows, settings))
    assert table["fold"].unique().tolist() == ["0", "1", "2", "3", "all"]
    assert (table["low"] < table["hazard_ratio"]).all()
    assert np.exp(table["coefficient"]).to_numpy() == pytest.approx(table["hazard_ratio"].to_numpy())


def test_models_that_all_have_nothing_to_fit_are_told_of(make_rows, folds_of):
    rows = make_rows(n=20)
    rows = replace(rows, columns=(), deep=np.full(20, np.nan))
    with pytest.raises(
        MedmtlError, match=r"must have something to fit\. Found none: deep: no case .*; clinical: no case"
    ):
        cross_fit(rows, folds_of(rows), RiskSettings(models=("deep", "clinical")))
