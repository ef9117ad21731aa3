"""Scores, transfers and delta_m of made-up cells come out as by hand, and what is planted is found."""

import numpy as np
import pytest

from medmtl.comparison.cell import Cell, Reading
from medmtl.comparison.draws import mean_score, score_variants
from medmtl.comparison.table import delta_m, make_table
from medmtl.evaluation.concordance import harrell_c
from medmtl.records import Endpoint

CASES = [f"case-{i:02d}" for i in range(40)]


def endpoints() -> dict[str, Endpoint]:
    rng = np.random.default_rng(0)
    return {case: Endpoint(float(rng.integers(10, 900)), bool(rng.random() < 0.7)) for case in CASES}


def cell(name: str, seed: int, dice: float | None, signal: float | None) -> Cell:
    """Cases with Dice around a mean, and log hazards that carry so much signal."""
    rng = np.random.default_rng((len(name), seed))
    noise = np.random.default_rng(seed).normal(0, 0.05, len(CASES))
    risk = [None if signal is None else -signal * e.time_days / 300 + rng.normal() for e in endpoints().values()]
    overlaps = [None if dice is None else float(np.clip(dice + n, 0, 1)) for n in noise]
    tested = {c: Reading(dice=d, log_hazard=r) for c, d, r in zip(CASES, overlaps, risk, strict=True)}
    return Cell(name=name, seed=seed, tested=tested, trained=tested, seconds=1.0, parameters=10)


def cells(**means: tuple[float | None, float | None]) -> dict[str, list[Cell]]:
    return {name: [cell(name, seed, *given) for seed in range(4)] for name, given in means.items()}


BOTH = cells(segmentation=(0.8, None), survival=(None, 1.0), equal=(0.8, 1.0), worse=(0.6, 1.0), better=(0.9, 3.0))


def test_scores_are_means_over_seeds_of_dice_and_harrells_c() -> None:
    found = score_variants(BOTH, endpoints(), 50)["equal"].found
    days = np.array([e.time_days for e in endpoints().values()])
    event = np.array([e.event for e in endpoints().values()])
    risks = [np.array([r.log_hazard for r in one.tested.values()]) for one in BOTH["equal"]]
    assert found["survival"] == pytest.approx(np.mean([harrell_c(days, event, risk).estimate for risk in risks]))
    overlaps = [r.dice for one in BOTH["equal"] for r in one.tested.values()]
    assert found["segmentation"] == pytest.approx(np.mean(overlaps))


def test_what_a_single_task_does_not_say_has_no_score() -> None:
    found = score_variants(BOTH, endpoints(), 20)
    assert np.isnan(found["segmentation"].found["survival"])
    assert np.isnan(found["survival"].draws["segmentation"]).all()


def test_delta_m_is_the_mean_change_in_percent() -> None:
    found = delta_m(
        {"segmentation": np.array(0.84), "survival": np.array(0.63)},
        {"segmentation": np.array(0.80), "survival": np.array(0.70)},
    )
    assert float(found) == pytest.approx((5.0 - 10.0) / 2)


def test_a_harm_that_is_planted_is_flagged_and_a_gain_is_seen() -> None:
    table = make_table(BOTH, endpoints(), 400).set_index("variant")
    assert bool(table.loc["worse", "segmentation_negative"])
    assert not bool(table.loc["equal", "segmentation_negative"])
    assert table.loc["better", "delta_m_low"] > 0
    assert table.loc["equal", "segmentation_transfer"] == pytest.approx(0)
    assert np.isnan(table.loc["segmentation", "delta_m"])


def test_the_draws_of_equal_variants_are_paired() -> None:
    table = make_table(BOTH, endpoints(), 200).set_index("variant")
    assert table.loc["equal", "segmentation_transfer_low"] == pytest.approx(0)
    assert table.loc["equal", "segmentation_transfer_high"] == pytest.approx(0)
    wide = table.loc["equal", "segmentation_high"] - table.loc["equal", "segmentation_low"]
    assert wide > 0.005


def test_the_gap_is_training_less_test() -> None:
    table = make_table(BOTH, endpoints(), 20).set_index("variant")
    assert table.loc["equal", "survival_gap"] == pytest.approx(0)


def test_a_training_whose_test_cases_tell_no_order_is_left_out_of_the_mean() -> None:
    some = cells(segmentation=(0.8, None), survival=(None, 1.0), sum=(0.8, 1.0))
    whole = score_variants(some, endpoints(), 20)["sum"].found["survival"]
    scores = [mean_score(one.tested, endpoints())["survival"] for one in some["sum"]]
    last = some["sum"][-1]
    silent = {case: reading.model_copy(update={"log_hazard": None}) for case, reading in last.tested.items()}
    some["sum"][-1] = last.model_copy(update={"tested": silent})
    found = score_variants(some, endpoints(), 20)["sum"].found["survival"]
    assert whole == pytest.approx(np.mean(scores))
    assert found == pytest.approx(np.mean(scores[:-1]))
