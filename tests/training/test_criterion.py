import pytest
import torch

from medmtl.records import Endpoint
from medmtl.training.criterion import Validation, smoothed, summarise

FIRST, SECOND, THIRD = Endpoint(1.0, True), Endpoint(2.0, True), Endpoint(3.0, False)


def test_it_is_one_less_the_dice_plus_the_share_of_the_null_likelihood() -> None:
    cases = [Validation(0.6, 0.0, FIRST), Validation(0.8, 0.0, SECOND), Validation(None, 0.0, THIRD)]
    found = summarise(cases, survival_weight=0.5)
    assert found["validate_dice"] == pytest.approx(0.7)
    assert found["validate_cox"] == pytest.approx(1.0)
    assert found["validate_harrell_c"] == 0.5
    assert found["validate_criterion"] == pytest.approx(0.3 + 0.5)


def test_a_right_order_is_better_and_a_wrong_one_no_worse_than_none() -> None:
    def criterion(*risks: float) -> float:
        pairs = zip(risks, (FIRST, SECOND, THIRD), strict=True)
        return summarise([Validation(None, risk, one) for risk, one in pairs], 1.0)["validate_criterion"]

    assert criterion(2.0, 1.0, 0.0) < criterion(0.0, 0.0, 0.0)
    assert criterion(0.0, 5.0, 9.0) == criterion(0.0, 0.0, 0.0) == 1.0


def test_what_is_not_known_has_no_part() -> None:
    only_masks = summarise([Validation(0.5, 3.0, None)], 0.5)
    assert only_masks == {"validate_dice": 0.5, "validate_criterion": 0.5}
    assert "validate_dice" not in summarise([Validation(None, 1.0, FIRST), Validation(None, 0.0, SECOND)], 0.5)


def test_the_running_mean_begins_with_the_first_and_moves_by_three_tenths() -> None:
    first = smoothed(torch.tensor(float("nan")), 0.8)
    assert first.item() == pytest.approx(0.8)
    assert smoothed(first, 0.4).item() == pytest.approx(0.68)
