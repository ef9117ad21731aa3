"""The pipelines chain the commands that exist, in the order of the run folder."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PIPELINES = Path(__file__).parents[1] / "pipelines"
RULES = ["prepare", "train", "predict", "extract", "fit", "evaluate", "report"]
SHELL = re.compile(r'^rule (\w+):(?:(?!^rule ).)*?shell:\s*"(medmtl [^"]+)"', re.MULTILINE | re.DOTALL)


def test_every_rule_calls_the_command_of_its_name() -> None:
    commands = dict(SHELL.findall((PIPELINES / "Snakefile").read_text("utf-8")))

    assert list(commands) == RULES
    assert commands["prepare"] == (
        "medmtl prepare --config {input.config:q} --cohort {input.cohort:q} --out {params.run:q}"
    )
    assert commands["train"] == "medmtl train {params.run:q} --fold {wildcards.fold}"
    for rule in ("predict", "extract", "fit", "evaluate", "report"):
        assert commands[rule] == f"medmtl {rule} {{params.run:q}}"


def test_the_recipe_is_valid_bash() -> None:
    done = subprocess.run(["bash", "-n", str(PIPELINES / "sts.sh")], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_recipe_without_data_says_how_it_is_called() -> None:
    done = subprocess.run(["bash", str(PIPELINES / "sts.sh")], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "DATA [RUN]" in done.stderr


def test_the_recipe_imports_once_and_then_runs(tmp_path: Path) -> None:
    recipe = _copy_with_a_command_that_writes_what_it_is_told(tmp_path)

    for _ in range(2):
        subprocess.run(["bash", str(recipe), "data set", str(tmp_path / "run")], check=True, cwd=tmp_path)

    told = (tmp_path / "told.txt").read_text("utf-8").splitlines()
    cohort = f"{tmp_path}/run-cohort"
    ran = f"run --config {tmp_path}/configs/sts.yaml --cohort {cohort}/manifest.csv --out {tmp_path}/run"
    assert told == [f"import sts --images data set --clinical data set/clinical.csv --out {cohort}", ran, ran]


@pytest.mark.slow
def test_snakemake_plans_one_training_per_fold(tmp_path: Path) -> None:
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        pytest.skip("snakemake is not installed")
    (tmp_path / "experiment.yaml").write_text("", "utf-8")
    (tmp_path / "manifest.csv").write_text("", "utf-8")
    settings = ["config=experiment.yaml", "cohort=manifest.csv", "out=a run", "folds=3"]
    command = [snakemake, "--snakefile", str(PIPELINES / "Snakefile"), "--cores", "1", "--dry-run", "--printshellcmds"]

    done = subprocess.run([*command, "--config", *settings], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    planned = re.findall(r"(medmtl \w+ .*)$", done.stdout + done.stderr, re.MULTILINE)
    assert sorted(planned[1:4]) == [f"medmtl train 'a run' --fold {fold}" for fold in range(3)]
    assert [line.split()[1] for line in planned] == ["prepare", "train", "train", "train", *RULES[2:]]


def _copy_with_a_command_that_writes_what_it_is_told(folder: Path) -> Path:
    recipe = folder / "pipelines" / "sts.sh"
    recipe.parent.mkdir()
    shutil.copy(PIPELINES / "sts.sh", recipe)
    command = folder / ".venv" / "bin" / "medmtl"
    command.parent.mkdir(parents=True)
    made = f"mkdir -p {folder}/run-cohort && touch {folder}/run-cohort/manifest.csv"
    command.write_text(f'#!/usr/bin/env bash\necho "$@" >> {folder}/told.txt\n{made}\n', "utf-8")
    command.chmod(0o755)
    return recipe
