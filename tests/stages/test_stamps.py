import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from medmtl.stages.folder import RunFolder
from medmtl.stages.run import read_record, write_record
from medmtl.stages.stamps import outputs_of, perform


def _write(path: Path) -> list[Path]:
    path.write_text(path.name, "utf-8")
    return [path]


def _train(root: Path, fold: int) -> None:
    for epoch in range(20):
        perform(RunFolder(root), f"train_{fold}_{epoch}", (), partial(_write, root / f"{fold}_{epoch}"))


def test_folds_that_are_trained_side_by_side_all_note_their_seconds(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_record(folder, {"seed": 0})

    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(_train, tmp_path, fold) for fold in range(4)]:
            done.result()
    perform(folder, "predict", (), lambda: _write(tmp_path / "cases"))

    assert len(read_record(folder)["seconds"]) == 4 * 20 + 1
    assert read_record(folder)["seed"] == 0


def test_seconds_that_a_stamp_does_not_tell_are_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_record(folder, {"seconds": {"prepare": 3.0}})
    folder.stamp("prepare").parent.mkdir()
    folder.stamp("prepare").write_text(json.dumps({"inputs": "", "outputs": "", "files": []}), "utf-8")

    perform(folder, "fit", (), lambda: _write(tmp_path / "model"))

    assert list(read_record(folder)["seconds"]) == ["prepare", "fit"]


def test_a_stage_is_done_once_until_its_inputs_change_or_its_file_is_lost(tmp_path: Path) -> None:
    folder, made = RunFolder(tmp_path), []

    def work() -> list[Path]:
        made.append(1)
        return _write(tmp_path / "result")

    for inputs in ("a", "a", "b"):
        perform(folder, "fit", (inputs,), work)
    assert len(made) == 2
    (tmp_path / "result").unlink()
    assert perform(folder, "fit", ("b",), work) == outputs_of(folder, "fit")
    assert len(made) == 3
