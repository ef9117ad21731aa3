import csv
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medmtl.errors import MedmtlError
from medmtl.imaging.prepared import PreparedCase
from medmtl.records import Endpoint, Fold

Same = Callable[[Path, Path], bool]
FIRST = {"pfs": Endpoint(1.0, True)}


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def turned(case: PreparedCase) -> PreparedCase:
    """Return another image and mask of the same size."""
    return replace(case, image=case.image * -3, mask=None if case.mask is None else 1 - case.mask)


def test_two_epochs_write_a_model_and_their_figures(material, tmp_path: Path) -> None:
    model = material.train(tmp_path / "fold_0")
    rows = rows_of(tmp_path / "fold_0")
    assert model == tmp_path / "fold_0" / "model.ckpt"
    assert sorted(path.name for path in model.parent.iterdir()) == [
        "best.ckpt",
        "last.ckpt",
        "metrics.csv",
        "model.ckpt",
    ]
    assert [(row["epoch"], row["step"]) for row in rows] == [("0", "3"), ("1", "6")]
    for name in ("train_loss", "train_segmentation", "train_survival", "validate_dice", "validate_criterion"):
        assert all(np.isfinite(float(row[name])) for row in rows), name
    assert all(0 <= float(row["validate_dice"]) <= 1 for row in rows)


def test_one_seed_gives_one_model_whatever_the_global_generators_do(
    material, tmp_path: Path, same_weights: Same
) -> None:
    first = material.train(tmp_path / "first")
    random.seed(5)
    torch.manual_seed(99)
    second = material.train(tmp_path / "second")
    other = replace(material, recipe=material.recipe._replace(seed=1)).train(tmp_path / "other")
    assert same_weights(first, second)
    assert (tmp_path / "first" / "metrics.csv").read_text() == (tmp_path / "second" / "metrics.csv").read_text()
    assert not same_weights(first, other)


def test_a_test_case_is_never_touched(material, tmp_path: Path, same_weights: Same) -> None:
    before = material.train(tmp_path / "before")
    for case_id in material.fold.test:
        material.repaint(case_id, turned)
        material = material.tell(case_id, endpoints=FIRST, clinical={"age": 900.0})
    assert same_weights(before, material.train(tmp_path / "after"))


def test_the_outcome_and_the_image_of_a_training_case_matter(material, tmp_path: Path, same_weights: Same) -> None:
    before, case_id = material.train(tmp_path / "before"), material.fold.train[1]
    assert not same_weights(before, material.tell(case_id, endpoints=FIRST).train(tmp_path / "outcome"))
    material.repaint(case_id, turned)
    assert not same_weights(before, material.train(tmp_path / "image"))


def test_a_validation_case_chooses_the_epoch_and_teaches_nothing(material, tmp_path: Path) -> None:
    def last_weights(name: str) -> dict[str, torch.Tensor]:
        material.train(tmp_path / name)
        state: dict[str, torch.Tensor] = torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"]
        return {key: value for key, value in state.items() if key.startswith("network.")}

    before = last_weights("before")
    material.repaint(material.fold.validate[0], turned)
    after = last_weights("after")
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_without_validation_cases_the_last_epoch_is_kept(material, tmp_path: Path) -> None:
    fold = Fold(0, material.fold.train, (), material.fold.test)
    kept = torch.load(replace(material, fold=fold).train(tmp_path / "alone"), weights_only=True)["network"]
    last = torch.load(tmp_path / "alone" / "last.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(kept[key], last[f"network.{key}"]) for key in kept)


@pytest.mark.parametrize("lacks", [{"mask"}, {"endpoint"}, {"mask", "endpoint"}])
def test_validation_cases_that_tell_little_or_nothing_stop_no_training(
    lacks: set[str], material, tmp_path: Path
) -> None:
    for case_id in material.fold.validate:
        if "mask" in lacks:
            material.repaint(case_id, lambda case: replace(case, mask=None))
            material = material.tell(case_id, mask=None)
        if "endpoint" in lacks:
            material = material.tell(case_id, endpoints={})
    assert material.train(tmp_path / "fold_0").is_file()
    assert len(rows_of(tmp_path / "fold_0")) == 2


def test_a_loss_that_is_not_finite_stops_with_the_cases_and_a_remedy(material, tmp_path: Path) -> None:
    for case_id in material.fold.train:
        material.repaint(case_id, lambda case: replace(case, image=np.full_like(case.image, np.nan)))
    with pytest.raises(MedmtlError, match=r"The loss must stay finite\. Found nan at epoch 0 with cases \['case-"):
        material.train(tmp_path / "fold_0")
    assert not (tmp_path / "fold_0" / "model.ckpt").exists()


def test_a_fold_without_a_training_event_is_refused(material, tmp_path: Path) -> None:
    for case_id in material.fold.train:
        material = material.tell(case_id, endpoints={"pfs": Endpoint(10.0, False)})
    with pytest.raises(MedmtlError, match=r"training cases must hold at least one event of pfs"):
        material.train(tmp_path / "fold_0")
