"""Task-wise stopping tells a task that only over-fits from one that still learns."""

import pytest
import torch

from medmtl.balancing.stopping import TaskwiseStopping, overfitting
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.losses.cox_bank import CoxBank
from medmtl.records import Endpoint

TASKS = ("main", "site")


def epochs(balancer: TaskwiseStopping, curves: dict[str, tuple[list[float], list[float]]]) -> int | None:
    """Play training and validation losses; return the epoch in which a task was stopped."""
    for epoch in range(len(next(iter(curves.values()))[0])):
        play(balancer, {name: curve[0][epoch] for name, curve in curves.items()})
        balancer.see_validation({name: curve[1][epoch] for name, curve in curves.items()})
        balancer.end_epoch()
        if balancer.stopped:
            return epoch
    return None


def play(balancer: TaskwiseStopping, values: dict[str, float]) -> torch.Tensor:
    given = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    balancer({name: TaskLoss(value, active=True) for name, value in given.items()}).backward()
    slopes = [value.grad for value in given.values()]
    return torch.stack([torch.zeros(()) if slope is None else slope for slope in slopes])


FALLING = [0.9**epoch for epoch in range(60)]
LEARNING = (FALLING, [1.1 * value for value in FALLING])
PLATEAU = [max(0.2, 0.8**epoch) for epoch in range(60)]  # flat from epoch 8 on
OVERFITTED = (PLATEAU, [max(0.3, 0.8**epoch) + 0.05 * max(0, epoch - 8) for epoch in range(60)])


def test_the_criterion_is_the_published_product() -> None:
    # k = 2, median 2, sum 7: tendency 4 / 3; gap (3 - 1) / 1
    assert overfitting([4.0, 2.0, 1.0], least=1.0, validated=3.0) == pytest.approx(4 / 3 * 2)
    assert overfitting([2.0] * 6, least=2.0, validated=3.0) == pytest.approx(5 * 0.5)
    assert overfitting([3.0, 3.0, 0.0], least=0.5, validated=3.0) == 0  # sum - k m is 0: it falls ever faster
    assert overfitting([3.0, 3.0, 0.1], least=0.1, validated=0.1) == 0


def test_a_plateau_that_overfits_is_stopped_within_the_window_and_what_still_learns_never() -> None:
    stopped = epochs(TaskwiseStopping(TASKS, ["site"]), {"main": LEARNING, "site": OVERFITTED})
    assert stopped is not None
    assert 8 < stopped <= 8 + 5 + 1
    assert epochs(TaskwiseStopping(TASKS, ["site"]), {"main": OVERFITTED, "site": LEARNING}) is None
    late = TaskwiseStopping(TASKS, ["site"], importance={"site": 3.0})
    later = epochs(late, {"main": LEARNING, "site": OVERFITTED})
    assert later is not None
    assert later > stopped


def test_a_stopped_task_has_weight_nought_and_the_others_go_on_from_the_stored_state() -> None:
    curves = {"main": LEARNING, "site": OVERFITTED}
    whole, half = (TaskwiseStopping(TASKS, ["site"]) for _ in range(2))
    when = epochs(whole, curves)
    assert when is not None
    epochs(half, {name: (train[: when - 1], unseen[: when - 1]) for name, (train, unseen) in curves.items()})
    assert not half.stopped
    resumed = TaskwiseStopping(TASKS, ["site"])
    resumed.load_state_dict(half.state_dict())
    rest = {name: (train[when - 1 :], unseen[when - 1 :]) for name, (train, unseen) in curves.items()}
    assert epochs(resumed, rest) == 1
    assert resumed.stopped == {"site"}
    assert play(resumed, {"main": 1.0, "site": 1.0}).tolist() == [1.0, 0.0]
    assert resumed.weights == {"main": 1.0, "site": 0.0}


def test_without_a_validation_loss_nothing_is_stopped() -> None:
    balancer = TaskwiseStopping(TASKS, ["site"])
    for _ in range(30):
        play(balancer, {"main": 1.0, "site": 0.1})
        balancer.see_validation({"main": 9.0})
        balancer.end_epoch()
    assert not balancer.stopped


def test_the_cox_loss_of_unseen_cases_is_that_of_the_training_cases_where_risks_tell_nothing(make_batch) -> None:
    bank = CoxBank("pfs", {f"t{i}": Endpoint(10.0 + i, i % 2 == 0) for i in range(40)})
    bank.filled.fill_(True)
    cases = [torch.tensor([0.0, 5.0 + i, 1.0]) for i in range(4)]
    equal = bank.of_unseen(cases)
    # log of the 40, 38, ... 2 cases at risk, per event
    assert equal == pytest.approx(float(torch.arange(2, 41, 2).float().log().mean()), rel=1e-5)
    ordered = bank.of_unseen([torch.tensor([-3.0 * i, 5.0 + i, 1.0]) for i in range(4)])
    assert ordered is not None
    assert ordered < 0.1 * equal
    assert bank.of_unseen([torch.tensor([0.0, 5.0, 0.0])]) is None
    assert bank.of_unseen(cases[:1]) is None  # equal risks of one case cost nothing, so that no ratio can be had


@pytest.mark.parametrize(
    "wrong",
    [{"may_stop": []}, {"may_stop": ["main", "site"]}, {"may_stop": ["skin"]}, {"may_stop": ["site"], "window": 0}],
)
def test_what_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(MedmtlError, match="Found"):
        TaskwiseStopping(TASKS, **wrong)
