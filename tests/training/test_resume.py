"""A training that is killed and started again ends as if it never was."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytorch_lightning import LightningModule, Trainer

from medmtl.members import Member
from medmtl.training.progress import EpochTable

Same = Callable[[Path, Path], bool]
PLACES = [
    (0, "on_train_epoch_end"),
    (1, "on_train_epoch_start"),
    (1, "on_train_batch_end"),
    (2, "on_validation_end"),
    (2, "on_train_epoch_end"),
]


class KilledError(Exception):
    """Stands for a lost machine."""


@pytest.fixture
def longer(material):
    """Three epochs."""
    recipe = material.recipe
    return replace(material, recipe=recipe._replace(training=recipe.training.model_copy(update={"epochs": 3})))


def kill(monkeypatch: pytest.MonkeyPatch, epoch: int, hook: str) -> None:
    """Raise in this epoch's hook."""
    told = getattr(EpochTable, hook)

    def last_breath(self: EpochTable, trainer: Trainer, pl_module: LightningModule, *rest: object) -> None:
        told(self, trainer, pl_module, *rest)
        if trainer.current_epoch == epoch:
            raise KilledError

    monkeypatch.setattr(EpochTable, hook, last_breath)


def test_killed_and_started_again_it_ends_the_same(longer, tmp_path: Path, same_weights: Same, monkeypatch) -> None:
    whole = longer.train(tmp_path / "whole")
    for number, (epoch, hook) in enumerate(PLACES):
        folder = tmp_path / f"killed_{number}"
        with monkeypatch.context() as context:
            kill(context, epoch, hook)
            with pytest.raises(KilledError):
                longer.train(folder)
        assert not (folder / "model.ckpt").exists()
        assert same_weights(whole, longer.train(folder)), (epoch, hook)
        assert (folder / "metrics.csv").read_text() == (tmp_path / "whole" / "metrics.csv").read_text()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("famo.Famo", {"every": 2}),
        ("pcgrad.PcGrad", {}),
        ("db_mtl.DualBalancing", {}),
        ("dwa.DynamicWeightAverage", {}),
    ],
)
def test_what_a_balancer_remembers_is_resumed_too(  # noqa: PLR0917  (fixtures)
    name: str, options: dict[str, int], longer, tmp_path: Path, same_weights: Same, monkeypatch
) -> None:
    balancer: Member = {"class_path": f"medmtl.balancing.{name}", "init_args": options}
    training = replace(longer, recipe=longer.recipe._replace(balancer=balancer))
    whole = training.train(tmp_path / "whole")
    with monkeypatch.context() as context:
        kill(context, 2, "on_train_epoch_start")
        with pytest.raises(KilledError):
            training.train(tmp_path / "killed")
    assert same_weights(whole, training.train(tmp_path / "killed"))
    assert not same_weights(whole, longer.train(tmp_path / "plain"))


def test_killed_while_the_model_is_written_it_ends_the_same(
    longer, tmp_path: Path, same_weights: Same, monkeypatch
) -> None:
    def fail(*_: object) -> None:
        raise KilledError

    whole = longer.train(tmp_path / "whole")
    with monkeypatch.context() as context:
        context.setattr("medmtl.training.fit.save_model", fail)
        with pytest.raises(KilledError):
            longer.train(tmp_path / "killed")
    assert same_weights(whole, longer.train(tmp_path / "killed"))


def test_a_finished_training_is_left_as_it_is(material, tmp_path: Path) -> None:
    model = material.train(tmp_path / "fold_0")
    before = model.read_bytes()
    assert material.train(tmp_path / "fold_0").read_bytes() == before
