"""The commands say what they do, answer quickly, and refuse what they do not know."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonargparse import ArgumentParser

from medmtl.balancing.base import Balancer
from medmtl.cli import main
from medmtl.cli.given import experiment_of
from medmtl.experiment import Experiment
from medmtl.members import build

COMMANDS = {
    "demo": ["--out", "--cases", "--config"],
    "import": ["sts"],
    "check": ["cohort", "--config", "--prepare.spacing_mm"],
    "run": ["--config", "--cohort", "--out", "--training.epochs", "--network.encoder", "medmtl run --config"],
    "prepare": ["--config", "--cohort", "--out"],
    "train": ["run", "--fold"],
    "predict": ["run", "--cohort", "--out", "medmtl predict"],
    "extract": ["run"],
    "fit": ["run"],
    "evaluate": ["folder", "--cohort"],
    "report": ["run"],
    "export": ["seg", "rtstruct", "sr"],
    "info": ["run", "--json"],
}


def help_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of(["--help"], capsys)
    assert all(name in told for name in COMMANDS)
    assert "Exit codes: 0 done" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_names_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of([command, "--help"], capsys)
    assert [option for option in COMMANDS[command] if option not in told] == []


def test_the_help_of_import_sts_names_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of(["import", "sts", "--help"], capsys)
    assert all(option in told for option in ("--images", "--clinical", "--out", "--jobs"))


@pytest.mark.parametrize("heavy", ["torch", "monai", "radiomics", "lifelines", "matplotlib", "SimpleITK", "pandas"])
def test_the_help_waits_for_nothing_heavy(heavy: str) -> None:
    ask = (
        "import sys\nfrom medmtl.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stopped:\n    assert stopped.code == 0\n"
        f"sys.exit(int({heavy!r} in sys.modules) * 3)"
    )
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["walk"], ["run"], ["train"], ["import", "other"], ["demo", "--out", "x", "--cases", "many"],
     ["run", "--cohort", "x", "--out", "y", "--training.epoch=3"], ["check", "x", "--seed=one"]],
)  # fmt: skip
def test_what_it_does_not_know_exits_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err


def test_info_tells_versions_and_hardware(capsys: pytest.CaptureFixture[str]) -> None:
    main(["info", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["versions"]["medmtl"]
    assert found["hardware"]["cores"] >= 1


@pytest.mark.parametrize("command", ["train", "predict", "extract", "fit", "evaluate", "report", "info"])
def test_a_folder_that_is_no_run_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, str(tmp_path)])
    assert stopped.value.code == 2
    assert f"{tmp_path} must be the folder of a run" in capsys.readouterr().err


def test_predict_needs_a_folder_for_new_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["predict", str(tmp_path), "--cohort", "new.csv"])
    assert stopped.value.code == 2
    assert "--cohort and --out go together" in capsys.readouterr().err


def test_a_balancer_within_a_balancer_is_given_what_was_written(tmp_path: Path) -> None:
    then = {"class_path": "medmtl.balancing.famo.Famo", "init_args": {"every": 1}}
    written = {"class_path": "medmtl.balancing.phases.Phases", "init_args": {"first": ["a"], "epochs": 1, "then": then}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"balancer": written}))
    parser = ArgumentParser()
    parser.add_argument("--config", action="config")
    parser.add_class_arguments(Experiment)
    given = experiment_of(parser.parse_args(["--config", str(tmp_path / "mine.yaml")])).balancer
    build(given, Balancer, ("a", "b"))
    assert given["init_args"]["then"]["init_args"]["every"] == 1
