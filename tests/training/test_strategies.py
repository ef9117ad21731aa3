"""Ways of training: rates per task, mean weights, sharpness, phases, a stored beginning, and the probe."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from medmtl.balancing.alternating import AlternatingTasks
from medmtl.balancing.phases import Phases
from medmtl.errors import MedmtlError
from medmtl.losses.base import TaskLoss
from medmtl.network import build_network
from medmtl.training.groups import parameter_groups
from medmtl.training.init_from import init_from
from medmtl.training.sam import SharpnessAware
from medmtl.training.settings import TrainingSettings

Same = Callable[[Path, Path], bool]
TASKS = ("segmentation", "survival")


class StoppedError(Exception):
    """Stands for a lost machine."""


def changed(material, **training: object):
    recipe = material.recipe
    return replace(material, recipe=recipe._replace(training=recipe.training.model_copy(update=training)))


def network_of(material):
    torch.manual_seed(0)
    return build_network(material.recipe.network, 2, 2, "pfs")


def test_a_task_with_a_factor_has_a_rate_of_its_own(material) -> None:
    network = network_of(material)
    groups = parameter_groups(network, TrainingSettings(learning_rate=0.01, task_rates={"survival": 0.1}))
    assert [group["lr"] for group in groups] == [0.01, pytest.approx(0.001)]
    assert {id(p) for p in groups[1]["params"]} == {id(p) for p in network.tasks["survival"].parameters()}
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    with pytest.raises(MedmtlError, match=r"task_rates must name tasks .* Found \['surival'\]"):
        parameter_groups(network, TrainingSettings(task_rates={"surival": 0.1}))


def test_a_rate_of_next_to_nothing_leaves_the_head_where_it_began(material, tmp_path: Path) -> None:
    still = changed(material, task_rates={"survival": 1e-12}).train(tmp_path)
    weights = torch.load(still, weights_only=True)["network"]
    torch.manual_seed(material.recipe.seed + material.fold.index)
    begun = build_network(material.recipe.network, 2, 2, "pfs").state_dict()
    moved = {name: float((weights[name] - begun[name]).abs().max()) for name in begun if "num_batches" not in name}
    learned = [name for name in moved if name.endswith(("weight", "bias")) and "tasks.survival" in name]
    assert max(moved[name] for name in learned) < 1e-8
    assert moved["tasks.segmentation.logits.weight"] > 1e-4


@pytest.mark.parametrize(
    "training", [{"ema": 0.9}, {"sharpness": 0.05}, {"probe_every": 1}, {"accumulate": 2, "ema": 0.5}]
)
def test_a_strategy_is_resumed_to_the_same_end(
    training: dict[str, float], material, tmp_path: Path, same_weights: Same, monkeypatch
) -> None:
    longer = changed(material, epochs=3, **training)
    whole = longer.train(tmp_path / "whole")
    plain = changed(material, epochs=3).train(tmp_path / "plain")
    assert same_weights(whole, plain) == ("probe_every" in training)
    told = (tmp_path / "whole" / "last.ckpt").read_bytes()
    assert len(told) > 0
    (tmp_path / "half").mkdir()
    with monkeypatch.context() as context:
        context.setattr("medmtl.training.progress.EpochTable.on_train_epoch_start", _stop_at(2), raising=False)
        with pytest.raises(StoppedError):
            longer.train(tmp_path / "half")
    assert same_weights(whole, longer.train(tmp_path / "half"))


def test_two_batches_make_one_step_of_their_mean_gradient(material, tmp_path: Path) -> None:
    still = changed(material, epochs=1, accumulate=2, ema=0.5)
    steps, seen = [], []
    network_step = torch.optim.AdamW.step

    def step(self: torch.optim.AdamW, closure=None, **more: object):
        found = network_step(self, closure, **more)
        steps.append(self.param_groups[0]["params"][0].grad.clone())
        return found

    def update(self, model: nn.Module) -> None:
        seen.append(model)

    with pytest.MonkeyPatch.context() as context:
        context.setattr(torch.optim.AdamW, "step", step)
        context.setattr("torch.optim.swa_utils.AveragedModel.update_parameters", update)
        still.train(tmp_path)
    batches = -(-len(material.fold.train) // material.recipe.data.batch_size)
    assert batches > 1
    assert len(steps) == len(seen) == -(-batches // 2)


def _stop_at(epoch: int):
    def stop(self: object, trainer, module) -> None:
        if trainer.current_epoch == epoch:
            raise StoppedError

    return stop


def test_the_probe_writes_how_the_gradients_agree(material, tmp_path: Path) -> None:
    changed(material, probe_every=1).train(tmp_path)
    table = pd.read_csv(tmp_path / "metrics.csv")
    cosine = table["gradient_cosine_segmentation_survival"].dropna()
    assert len(cosine) > 0
    assert bool(cosine.between(-1, 1).all())
    assert bool((table["gradient_norm_segmentation"].dropna() > 0).all())
    assert bool((table["gradient_affinity_survival_segmentation"].dropna() < 1).all())


def test_sharpness_takes_the_gradient_where_the_loss_is_worst() -> None:
    weight = nn.Parameter(torch.tensor([3.0]))
    seen = []

    def closure() -> float:
        weight.grad = None
        loss = (weight**2).sum()
        loss.backward()
        seen.append(float(weight.detach()))
        return float(loss.detach())

    SharpnessAware([{"params": [weight], "weight_decay": 0.0}], rho=0.5, lr=0.1).step(closure)
    assert seen == [3.0, pytest.approx(3.5)]
    assert float(weight.detach()) == pytest.approx(2.9, abs=1e-5)  # one step of Adam, from where it was


def losses() -> dict[str, TaskLoss]:
    return {name: TaskLoss(torch.tensor(place + 1.0, requires_grad=True), True) for place, name in enumerate(TASKS)}


def test_the_first_phase_teaches_its_tasks_alone() -> None:
    balancer = Phases(TASKS, ["segmentation"], epochs=2)
    for expected in (1.0, 1.0, 3.0):
        assert balancer(losses()).item() == expected
        balancer.end_epoch()
    with pytest.raises(MedmtlError, match="first must name tasks"):
        Phases(TASKS, ["mask"], epochs=2)


def test_alternating_tasks_have_the_gradient_of_the_sum_in_the_mean() -> None:
    balancer = AlternatingTasks(TASKS, {"segmentation": 3.0, "survival": 1.0}, temperature=1.0)
    drawn, total = [], torch.zeros(2)
    for _ in range(4000):
        given = losses()
        balancer(given).backward()
        slopes = [loss.value.grad for loss in given.values()]
        total += torch.tensor([0.0 if slope is None else float(slope) for slope in slopes])
        drawn.append(balancer.weights["segmentation"] > 0)
    assert sum(drawn) / len(drawn) == pytest.approx(0.75, abs=0.02)
    assert (total / len(drawn)).tolist() == pytest.approx([1.0, 1.0], abs=0.1)


def test_a_stored_model_is_begun_from_and_what_was_taken_is_noted(material, tmp_path: Path) -> None:
    first = material.train(tmp_path / "first")
    network = material.recipe.network.model_copy(update={"init_from": first})
    recipe = material.recipe._replace(network=network)
    seen = replace(material.fold, train=material.fold.test, test=material.fold.train[:2])
    leaking = replace(material, recipe=recipe, fold=seen)
    with pytest.raises(MedmtlError, match=r"must not have seen the cases that are tested.*case-"):
        leaking.train(tmp_path / "leak")
    replace(material, recipe=recipe).train(tmp_path / "second")
    noted = json.loads((tmp_path / "second" / "init_from.json").read_text())
    assert not noted["fresh"]
    assert len(noted["matched"]) == len(network_of(material).state_dict())


def test_a_bundles_encoder_is_found_by_the_endings_of_its_names(material, tmp_path: Path) -> None:
    network = network_of(material)
    levels = {f"levels.{k}": v + 1 for k, v in network.sharing.encoder.levels.state_dict().items()}
    odd = {"levels.0.convolutions.0.weight": torch.zeros(1, 2, 3), "head.weight": torch.zeros(3)}
    torch.save({"state_dict": levels | odd}, tmp_path / "bundle.pt")
    before = network.state_dict()["sharing.encoder.levels.1.convolutions.0.weight"].clone()
    taken = init_from(network, tmp_path / "bundle.pt")
    after = network.state_dict()["sharing.encoder.levels.1.convolutions.0.weight"]
    torch.testing.assert_close(after, before + 1)
    assert "head.weight" in taken.unused
    assert "levels.0.convolutions.0.weight" in taken.unused  # of another shape
    assert "tasks.segmentation.logits.weight" in taken.fresh


def test_a_file_that_would_run_code_or_has_nothing_in_common_is_refused(material, tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "pickled.pt")
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(MedmtlError, match="must be a model of medmtl or a state dictionary"):
        init_from(network_of(material), tmp_path / "pickled.pt")
    with pytest.raises(MedmtlError, match="None of 1 does"):
        init_from(network_of(material), tmp_path / "other.pt")
