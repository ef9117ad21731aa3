"""A run folder belongs to one experiment and one cohort; what changed is noticed, and nothing else done again."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from medmtl.cli import main
from medmtl.imaging.image import read_image, write_image
from medmtl.records import Image
from medmtl.training.saved import load_model


def weights(path: Path) -> bytes:
    network, _ = load_model(path)
    return b"".join(value.numpy().tobytes() for value in network.state_dict().values())


def test_another_experiment_is_refused_by_the_key_that_differs(finished, fails) -> None:
    told = fails(finished.command("--training.epochs=5", "--evaluation.seed=9"))
    assert "evaluation.seed (0 there, 9 now), training.epochs (30 there, 5 now)" in told
    assert "Choose another --out" in told


def test_another_cohort_is_refused(finished, tmp_path: Path, fails) -> None:
    mine = finished.copy(tmp_path / "mine")
    table = pd.read_csv(mine.manifest, dtype=str)
    table[:-1].to_csv(mine.manifest, index=False)
    assert "must be a run of this cohort" in fails(mine.command())
    assert "It has changed; begin a new run" in fails(["train", mine.run])


def test_a_folder_that_holds_something_else_is_refused(study, tmp_path: Path, fails) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    mine.run.mkdir()
    (mine.run / "thesis.txt").write_text("mine")
    assert "must be a new or empty folder, or a run" in fails(mine.command())
    assert [path.name for path in mine.run.iterdir()] == ["thesis.txt"]


def test_a_moved_study_is_still_done(finished, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = finished.copy(tmp_path / "elsewhere")
    with caplog.at_level(logging.INFO, "medmtl"):
        main(["report", str(mine.run)])
    assert "report: done before" in caplog.messages


def test_a_lost_result_is_made_again_the_same(finished, tmp_path: Path) -> None:
    mine = finished.copy(tmp_path / "mine")
    for name in ("results.json", "risk/risks.csv"):
        before = (mine.run / name).read_bytes()
        (mine.run / name).unlink()
        main(["fit" if name.startswith("risk") else "evaluate", str(mine.run)])
        assert (mine.run / name).read_bytes() == before


def test_a_fold_is_trained_anew_on_images_that_have_changed(finished, tmp_path: Path) -> None:
    mine = finished.copy(tmp_path / "mine")
    before = [weights(mine.run / f"fold_{k}" / "model.ckpt") for k in range(2)]
    for path in (mine.root / "cohort" / "images").glob("*/pet.nii.gz"):
        image = read_image(path)
        write_image(Image((image.array * 2).astype("float32"), image.grid), path)
    main(mine.command())
    after = [weights(mine.run / f"fold_{k}" / "model.ckpt") for k in range(2)]
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_stages_one_by_one_end_as_the_whole(finished, tmp_path: Path) -> None:
    mine = finished.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    main(["prepare", *mine.command()[1:]])
    for command in (["train", "--fold", "1"], ["train"], ["predict"], ["extract"], ["fit"], ["evaluate"], ["report"]):
        main([command[0], str(mine.run), *command[1:]])
    for name in ("folds.json", "predictions/cases.csv", "features.csv", "risk/risks.csv", "results.json"):
        assert (mine.run / name).read_bytes() == (finished.run / name).read_bytes(), name


def test_a_stage_out_of_turn_says_what_comes_before_it(study, tmp_path: Path, fails) -> None:
    mine = study.copy(tmp_path / "mine", "cohort", "tiny.yaml")
    main(["prepare", *mine.command()[1:]])
    assert "every fold must be trained first. Missing [0, 1]: run `medmtl train`" in fails(["predict", mine.run])
    assert "Run `medmtl predict`" in fails(["extract", mine.run])
    assert "--fold must be one of [0, 1]. Found [7]" in fails(["train", mine.run, "--fold", "7"])
