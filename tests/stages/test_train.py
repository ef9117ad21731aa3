"""Folds that are trained at once end as those that are trained one by one, and one that fails stops no other."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.stages.begin import begin_run
from medmtl.stages.prepare import prepare_run
from medmtl.stages.train import folds_at_once, train_run


def begun(study, root: Path, at_once: int):
    given = yaml.safe_load(study.config.read_text())
    given["training"] |= {"epochs": 2}
    run = begin_run(Experiment.model_validate(given | {"folds_at_once": at_once}), study.manifest, root)
    prepare_run(run)
    return run


def test_two_folds_at_once_end_as_one_by_one_and_are_not_trained_again(study, tmp_path: Path, caplog) -> None:
    runs = {at_once: begun(study, tmp_path / str(at_once), at_once) for at_once in (1, 2)}
    found = {at_once: train_run(run) for at_once, run in runs.items()}
    assert [len(hashes) for hashes in found.values()] == [2, 2]
    for fold in (0, 1):
        one, two = (torch.load(r.folder.fold(fold) / "model.ckpt", weights_only=True)["network"] for r in runs.values())
        assert all(torch.allclose(one[name].float(), two[name].float(), atol=1e-3) for name in one)
    with caplog.at_level(logging.INFO, "medmtl"):
        assert train_run(runs[2]) == found[2]
    assert [line for line in caplog.messages if line.endswith("done before")] == [
        "train_0: done before",
        "train_1: done before",
    ]


def test_a_fold_that_fails_is_named_with_its_reason(study, tmp_path: Path) -> None:
    run = begun(study, tmp_path / "run", 2)
    quiet = tuple(replace(case, endpoints=_without_event(case.endpoints)) for case in run.cohort.cases)
    with pytest.raises(MedmtlError, match=r"training failed\.\n  fold 0: .*event.*\n  fold 1: .*event"):
        train_run(replace(run, cohort=replace(run.cohort, cases=quiet)))


def _without_event(endpoints):
    return {name: replace(endpoint, event=False) for name, endpoint in endpoints.items()}


def test_folds_share_the_cores_unless_told_otherwise() -> None:
    one = Experiment.model_validate({"jobs": 3, "training": {"accelerator": "cpu"}})
    assert folds_at_once(one, 5) == 3
    assert folds_at_once(one, 2) == 2
    assert folds_at_once(one.model_copy(update={"folds_at_once": 4}), 5) == 4
    split = one.model_copy(update={"training": one.training.model_copy(update={"devices": 2})})
    assert folds_at_once(split, 5) == 1
