"""Other divisions of the same rows, and the permuted outcomes."""

from dataclasses import replace

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.evaluation.concordance import harrell_c
from medmtl.risk import parts
from medmtl.risk.divisions import cross_fit_divisions, divisions, score_divisions
from medmtl.risk.null import permutation_null
from medmtl.risk.ridge_cox import RidgeCox
from medmtl.risk.settings import RiskSettings

QUICK = RiskSettings(models=("fused", "image"), penalizers=(0.1,), deep_entry="always", inner_folds=2)


def _by_centre(rows):
    cases = tuple(replace(case, centre="abc"[i % 3]) for i, case in enumerate(rows.cases))
    return replace(rows, cases=cases)


def test_repeats_deal_events_alike_and_differ_from_each_other(make_rows):
    rows = make_rows()
    found = divisions(rows, QUICK.model_copy(update={"repeats": 2}))
    for division in found.values():
        assert np.ptp(np.bincount(division[rows.event])) <= 1
        assert set(division.tolist()) == {0, 1, 2, 3}
    assert (found["repeat_0"] != found["repeat_1"]).any()


def test_by_centre_no_model_sees_a_case_of_the_centre_it_predicts(make_rows):
    rows = _by_centre(make_rows())
    settings = QUICK.model_copy(update={"by_centre": True})
    changed = np.array([case.centre == "b" for case in rows.cases])
    other = replace(
        rows, time_days=np.where(changed, 4000 - rows.time_days, rows.time_days), event=rows.event | changed
    )
    first, second = (
        cross_fit_divisions(each, settings).set_index(["model", "case_id"])["risk"] for each in (rows, other)
    )
    ids = [case.case_id for case, held in zip(rows.cases, changed, strict=True) if held]
    rest = [case.case_id for case, held in zip(rows.cases, changed, strict=True) if not held]
    assert (first.loc["image", ids] == second.loc["image", ids]).all()
    assert (first.loc["image", rest] != second.loc["image", rest]).all()


def test_one_centre_cannot_be_left_out(make_rows):
    with pytest.raises(MedmtlError, match=r"needs two centres or more\. Found a alone"):
        divisions(make_rows(), QUICK.model_copy(update={"by_centre": True}))


def test_the_score_of_repeats_is_the_mean_of_theirs_within_parts(make_rows):
    rows = make_rows()
    table = cross_fit_divisions(rows, QUICK.model_copy(update={"repeats": 3}))
    scores = score_divisions(table).set_index(["model", "division"])
    each = table[(table["model"] == "image") & (table["division"] == "repeat_1")]
    columns = (each[name].to_numpy(float) for name in ("time_days", "event", "risk"))
    time_days, event, risk = columns
    by_hand = harrell_c(time_days, event > 0, risk, each["fold"].to_numpy(int))
    assert scores.loc[("image", "repeat_1"), "harrell_c"] == by_hand.estimate
    mean = np.mean([scores.loc[("image", f"repeat_{r}"), "harrell_c"] for r in range(3)])
    assert scores.loc[("image", "repeats"), "harrell_c"] == pytest.approx(mean)


def test_nothing_asked_for_gives_empty_tables(make_rows):
    table = cross_fit_divisions(make_rows(), QUICK)
    assert table.empty
    assert score_divisions(table).empty


def test_the_null_lies_at_one_half_and_a_signal_beyond_it(make_rows):
    null = permutation_null(make_rows(n=100), QUICK, "fused", 60)
    assert null.draws.mean() == pytest.approx(0.5, abs=4 * null.draws.std() / np.sqrt(60))
    assert null.observed > null.draws.max()
    assert null.p == pytest.approx(1 / 61)


def test_noise_is_not_significant_though_features_are_many(make_rows):
    rows = make_rows(n=60, radiomics=40, seed=4)
    rng = np.random.default_rng(5)
    dealt = rng.permutation(60)
    noise = replace(rows, time_days=rows.time_days[dealt], event=rows.event[dealt])
    settings = RiskSettings(models=("fused",), penalizers=(0.3,), radiomics_score_min_events=5, inner_folds=2)
    null = permutation_null(noise, settings, "fused", 15)
    assert null.p > 0.05
    assert null.draws.mean() == pytest.approx(0.5, abs=0.08)


def test_a_model_that_the_run_lacks_has_no_null(make_rows):
    with pytest.raises(MedmtlError, match=r"one of the run's models\. Found deep"):
        permutation_null(make_rows(), QUICK, "deep", 1)


def test_nested_choice_learns_scales_and_score_without_the_part_left_out(make_rows, monkeypatch):
    rows = make_rows(n=60)
    seen = []

    def watch(blocks, own, settings):
        seen.append({case.case_id for case in own.cases})
        return original(blocks, own, settings)

    original = parts.enter_blocks
    monkeypatch.setattr(parts, "enter_blocks", watch)
    RidgeCox(QUICK.model_copy(update={"nested": True, "penalizers": (0.1, 1.0)}), ("image",)).fit(rows)
    all_ids = {case.case_id for case in rows.cases}
    assert [all_ids - each for each in seen] == [
        {case.case_id for case, fold in zip(rows.cases, rows.fold, strict=True) if fold == k} for k in range(4)
    ]
