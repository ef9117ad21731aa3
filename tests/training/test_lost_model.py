"""A model that is lost after its training is made again of the epoch that was chosen."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor


def _ever_worse(before: Tensor, _: float) -> Tensor:
    return torch.where(before.isnan(), 0.0, before + 1)


def test_a_lost_model_is_made_again_of_the_chosen_epoch_and_not_of_the_last(
    material, tmp_path: Path, same_weights: Callable[[Path, Path], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medmtl.training.module.smoothed", _ever_worse)  # so that the first epoch is chosen
    model = material.train(tmp_path / "fold_0")
    kept = model.rename(tmp_path / "kept.ckpt")

    assert same_weights(kept, material.train(tmp_path / "fold_0"))
