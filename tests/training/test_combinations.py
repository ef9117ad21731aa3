"""What cannot be learned together is refused before anything is trained, and a stopped head stays as it is."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from pytorch_lightning.strategies import DDPStrategy, FSDPStrategy, SingleDeviceStrategy

from medmtl.balancing.alternating import AlternatingTasks
from medmtl.balancing.famo import Famo
from medmtl.balancing.mgda import Mgda
from medmtl.balancing.pcgrad import PcGrad
from medmtl.balancing.random_weights import RandomWeights
from medmtl.balancing.weighted_sum import WeightedSum
from medmtl.errors import MedmtlError
from medmtl.network import MultiTaskNetwork, build_network, check_names
from medmtl.network_settings import NetworkSettings
from medmtl.training.combinations import (
    check_accumulation,
    check_balancer,
    check_batches,
    check_sharpness,
    check_strategy,
)
from medmtl.training.init_from import init_from
from medmtl.training.settings import TrainingSettings

TASKS = ("segmentation", "survival")
STOPPING = {
    "class_path": "medmtl.balancing.stopping.TaskwiseStopping",
    "init_args": {"may_stop": ["survival"], "window": 1, "threshold": 1e-9},
}


def network_of(material) -> MultiTaskNetwork:
    torch.manual_seed(0)
    return build_network(material.recipe.network, 2, 2, "pfs")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("1st",), "must be an identifier.*'1st'"),
        (("a.b",), "must be an identifier"),
        (("class",), "must be an identifier"),
        (("keys",), "may not be called keys"),
        (("training",), "may not be called training"),
        (("loss",), "may not be called loss"),
        (("hpv", "HPV"), "differ in more than their capitals"),
        (("a", "b_c", "a_b", "c"), "two pairs that read a_b_c"),
    ],
)
def test_names_that_are_no_identifiers_or_clash_are_refused(names: tuple[str, ...], told: str) -> None:
    with pytest.raises(MedmtlError, match=told):
        check_names(names)


def test_names_are_checked_before_anything_is_built() -> None:
    settings = NetworkSettings.model_validate({"tasks": {"my task": {"class_path": "nowhere.Thing"}}})
    with pytest.raises(MedmtlError, match="'my task'"):
        build_network(settings, 0, 2, "pfs")


def test_a_head_of_two_tasks_is_refused(material) -> None:
    network = network_of(material)
    head = network.named_tasks()["segmentation"]
    with pytest.raises(MedmtlError, match=r"Task again must have a head of its own\. Found it in task segmentation"):
        MultiTaskNetwork(network.sharing, {"segmentation": head, "again": head}, "pfs")
    head.logits.weight = network.sharing.encoder.levels[0].convolutions[0].weight
    with pytest.raises(MedmtlError, match="Found it in the shared part"):
        MultiTaskNetwork(network.sharing, {"segmentation": head}, "pfs")


def test_one_case_per_process_and_batch_norm_are_refused(material) -> None:
    network, recipe = network_of(material), material.recipe
    one = recipe.data.model_copy(update={"batch_size": 1})
    with pytest.raises(MedmtlError, match=r"2 cases or more: the network has \d+ batch norms.*Found 1 on 1"):
        check_batches(network, one, recipe.training)
    with pytest.raises(MedmtlError, match="Found 2 on 2"):
        check_batches(network, recipe.data, recipe.training.model_copy(update={"devices": 2}))
    with pytest.raises(MedmtlError, match=r"must be a multiple of training\.devices, 3"):
        check_batches(network, recipe.data, recipe.training.model_copy(update={"devices": 3}))
    check_batches(torch.nn.Linear(2, 2), one, recipe.training)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # torch.compile loads the old compiler
def test_a_gradient_method_is_refused_on_what_is_compiled_or_split(material) -> None:
    network = network_of(material)
    check_balancer(network, Mgda(TASKS))
    network.tasks["survival"].compile()
    with pytest.raises(MedmtlError, match=r"Mgda .*Found tasks\.survival compiled"):
        check_balancer(network, Mgda(TASKS))
    check_balancer(network, WeightedSum(TASKS))
    with pytest.raises(MedmtlError, match=r"Mgda needs every parameter .*Found FSDPStrategy"):
        check_strategy(Mgda(TASKS), FSDPStrategy())
    for whole in (DDPStrategy(), SingleDeviceStrategy()):
        check_strategy(Mgda(TASKS), whole)
    check_strategy(WeightedSum(TASKS), FSDPStrategy())


def test_steps_of_several_batches_are_refused_where_a_batch_is_looked_at_again() -> None:
    many = TrainingSettings(accumulate=2)
    check_accumulation(WeightedSum(TASKS), many)
    check_accumulation(Famo(TASKS), TrainingSettings())
    with pytest.raises(MedmtlError, match=r"Famo computes the losses .* training\.accumulate 2 has many"):
        check_accumulation(Famo(TASKS), many)
    with pytest.raises(MedmtlError, match=r"leave training\.sharpness out"):
        check_accumulation(WeightedSum(TASKS), TrainingSettings(accumulate=2, sharpness=0.05))


def test_a_model_of_another_encoder_is_no_beginning(material, tmp_path: Path) -> None:
    wider = {"class_path": material.recipe.network.encoder["class_path"], "init_args": {"widths": [8, 16, 32]}}
    other = build_network(material.recipe.network.model_copy(update={"encoder": wider}), 2, 2, "pfs")
    torch.save({"network": other.state_dict()}, tmp_path / "other.pt")
    with pytest.raises(MedmtlError, match="must have the same encoder, and tasks that share it"):
        init_from(network_of(material), tmp_path / "other.pt")


def test_stopping_needs_validation_cases_and_losses_of_the_same_units(material, tmp_path: Path) -> None:
    stopping = replace(material, recipe=material.recipe._replace(balancer=STOPPING))
    blind = replace(stopping, fold=replace(stopping.fold, validate=()))
    with pytest.raises(MedmtlError, match="needs validation cases"):
        blind.train(tmp_path / "blind")
    survival = stopping.recipe.network.tasks["survival"]
    batch = {**survival, "init_args": {**survival["init_args"], "likelihood": "cox_batch"}}
    tasks = {**stopping.recipe.network.tasks, "survival": batch}
    network = stopping.recipe.network.model_copy(update={"tasks": tasks})
    with pytest.raises(MedmtlError, match="Task survival: its loss must have the same units"):
        replace(stopping, recipe=stopping.recipe._replace(network=network)).train(tmp_path / "batch")


def test_a_stopped_head_stays_bit_for_bit_and_the_rest_goes_on(material, tmp_path: Path) -> None:
    recipe = material.recipe
    longer = recipe._replace(balancer=STOPPING, training=recipe.training.model_copy(update={"epochs": 6}))
    stopping = replace(material, recipe=longer)
    kept: dict[int, dict[str, torch.Tensor]] = {}

    def keep(self: object, trainer, module) -> None:
        kept[trainer.current_epoch] = {k: v.clone() for k, v in module.network.state_dict().items()}

    with pytest.MonkeyPatch.context() as context:
        context.setattr("medmtl.training.progress.EpochLines.on_train_epoch_end", keep)
        stopping.train(tmp_path)
    table = pd.read_csv(tmp_path / "metrics.csv")
    assert {"validate_loss_segmentation", "validate_loss_survival"} <= set(table)
    stopped = int((table["weight_survival"] == 0).idxmax())
    head = [k for k in kept[5] if k.startswith("tasks.survival")]
    assert 1 <= stopped <= 5
    assert all(torch.equal(kept[stopped - 1][k], kept[5][k]) for k in head)
    assert not torch.equal(
        kept[0]["tasks.survival.log_hazard.1.weight"], kept[stopped - 1]["tasks.survival.log_hazard.1.weight"]
    )
    logits = "tasks.segmentation.logits.weight"
    assert not torch.equal(kept[stopped - 1][logits], kept[5][logits])


@pytest.mark.parametrize("balancer", [PcGrad(TASKS), RandomWeights(TASKS), AlternatingTasks(TASKS)])
def test_what_draws_anew_is_refused_where_a_step_computes_its_losses_twice(balancer) -> None:
    with pytest.raises(MedmtlError, match=rf"{type(balancer).__name__} draws anew .*Set sharpness to 0"):
        check_sharpness(balancer, TrainingSettings(sharpness=0.05))
    check_sharpness(balancer, TrainingSettings())
    check_sharpness(Mgda(TASKS), TrainingSettings(sharpness=0.05))
