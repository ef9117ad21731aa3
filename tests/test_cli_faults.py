import errno
from pathlib import Path

import pytest
from dicom_files import write_series

from medmtl.cli import main


def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_an_experiment_that_is_not_utf_8_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin.yaml").write_bytes("name: caf\u00e9".encode("latin-1"))

    assert "must be UTF-8" in _told(capsys, "check", str(tmp_path), "--config", str(tmp_path / "latin.yaml"))


def test_a_place_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, "train", str(tmp_path / ("x" * 300)))

    assert told.startswith("medmtl train: files must be readable, and folders writable. Found")
    assert "Traceback" not in told


def test_a_file_where_a_folder_should_be_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_series(tmp_path / "in", "PT")
    (tmp_path / "file").touch()
    told = _told(capsys, "import", "dicom", str(tmp_path / "in"), "--out", str(tmp_path / "file" / "x"), "--jobs=1")

    assert "medmtl import: files must be readable, and folders writable. Found [Errno 20]" in told
    assert "Traceback" not in told


def test_a_file_lost_by_a_fault_of_medmtl_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone")

    monkeypatch.setattr("medmtl.stages.run.open_run", lose)
    with pytest.raises(FileNotFoundError):
        main(["train", "run"])
