import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from medmtl.cli import main
from medmtl.cli.main import COMMANDS
from medmtl.cli.parser import Command, new_parser
from medmtl.cli.place import check_place


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


WRITERS = {  # every command with --out; each would first fail at something else, if it did not look there first
    "demo": ["demo"],
    "import sts": ["import", "sts", "--images", ".", "--clinical", "no.csv"],
    "import hecktor": ["import", "hecktor", "--edition", "2022", "."],
    "import dicom": ["import", "dicom", "."],
    "check": ["check", "."],
    "run": ["run", "--cohort", "."],
    "prepare": ["prepare", "--cohort", "."],
    "predict": ["predict", "run", "--cohort", "."],
    "extract": ["extract", "--images", "no.csv"],
    "score": ["score", "run", "--cohort", "."],
    "export seg": ["export", "seg", "run", "--dicom", "."],
    "export rtstruct": ["export", "rtstruct", "run", "--dicom", "."],
    "export sr": ["export", "sr", "run", "--dicom", "."],
    "bench mtl": ["bench", "mtl"],
}


def _commands_with_out(commands: Iterable[Command], before: str = "") -> Iterator[str]:
    for command in commands:
        yield from _commands_with_out(command.parts, f"{before}{command.name} ")
        if command.options and command.run:
            parser = new_parser("")
            command.options(parser)
            if "--out" in parser.format_help():
                yield before + command.name


def test_every_command_that_writes_elsewhere_is_looked_at_here() -> None:
    assert set(_commands_with_out(COMMANDS)) == set(WRITERS)


@pytest.mark.parametrize("command", WRITERS)
def test_a_folder_below_a_file_is_refused_before_any_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    told = _told(capsys, *WRITERS[command], "--out", str(tmp_path / "file" / "x" / "y"))

    assert f"--out {tmp_path / 'file' / 'x' / 'y'} must be a folder that can be made" in told
    assert f"Found {tmp_path / 'file'}, a file; choose another." in told


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y"])
def test_a_folder_that_no_one_can_make_is_refused(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"--out {place} must be a folder that can be made" in _told(capsys, "demo", "--out", place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
@pytest.mark.parametrize("inner", ["", "new"])
def test_a_folder_that_is_read_only_is_refused(inner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)

    assert "must be a folder that can be made" in _told(capsys, "demo", "--out", str(tmp_path / "locked" / inner))


@pytest.mark.parametrize("inner", ["", "new"])
def test_rights_that_the_system_denies_are_told(
    inner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(**_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(tempfile, "mkdtemp", deny)

    assert "must be a folder that can be made" in _told(capsys, "demo", "--out", str(tmp_path / inner))
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")

    assert "a link that leads nowhere" in _told(capsys, "demo", "--out", str(tmp_path / "link"))


def test_a_place_that_will_do_is_left_as_it_was(tmp_path: Path) -> None:
    check_place(tmp_path / "a" / "b")
    check_place(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_file_lost_by_a_fault_of_medmtl_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone")

    monkeypatch.setattr("medmtl.stages.run.open_run", lose)
    with pytest.raises(FileNotFoundError):
        main(["train", "run"])
