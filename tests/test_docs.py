"""What the documentation says holds: its commands and options exist, its links resolve, its examples run."""

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from medmtl.cli import main
from medmtl.cohort.manifest import read_manifest
from medmtl.experiment import check_experiment, read_experiment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def _blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in FENCE.findall(page.read_text("utf-8")) if name == language]


def _lines(language: str) -> list[tuple[str, list[str]]]:
    """Return page and words of every command in the pages, comments and settings of the environment left out."""
    found = []
    for page in PAGES:
        for block in _blocks(page, language):
            for line in block.replace("\\\n", " ").splitlines():
                words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z]+=", word)]
                found += [(page.name, words)] if words else []
    return found


COMMANDS = _lines("bash")
OURS = [words[1:] for _, words in COMMANDS if words[0] == "medmtl"]
OURS += [words[words.index("medmtl") + 1 :] for _, words in COMMANDS if words[:2] == ["docker", "run"]]


@cache
def _help(*command: str) -> str:
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArgumentParser, "_print_message", lambda self, message, file=None: said.append(message))
        with pytest.raises(SystemExit):
            main([*command, "--help"])
    return "".join(said)


@pytest.mark.parametrize("words", OURS, ids=" ".join)
def test_every_command_exists_and_knows_the_options_given(words: list[str]) -> None:
    command = words[:2] if words[0] in {"import", "export", "bench"} else words[:1]
    options = [word.partition("=")[0] for word in words if word.startswith("--")]

    known = set(re.findall(r"--[\w.-]+", _help(*command)))

    assert set(options) <= known


def test_the_readme_shows_the_whole_way() -> None:
    shown = {words[0] for words in OURS}

    assert {"check", "run", "predict", "evaluate", "demo"} <= shown


def test_the_options_named_in_the_text_exist() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    named = set(re.findall(r"`--([\w.-]+)", text)) | set(
        re.findall(r"`((?:folds|prepare|data|network|training|inference|radiomics|risk|evaluation)\.\w+)", text)
    )

    commands = (["run"], ["import", "dicom"], ["import", "hecktor"], ["export", "sr"])
    commands += (["bench", "mtl"], ["score"], ["explain"], ["extract"])
    known = {name for command in commands for name in re.findall(r"--([\w.-]+)", _help(*command))}

    files = {"radiomics.csv", "radiomics.parquet"}
    assert named - {"help"} - files <= known


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert {words[1] for _, words in COMMANDS if words[0] == "make"} <= targets


@pytest.mark.parametrize("name", NAMES)
def test_every_link_within_the_repository_resolves(name: str) -> None:
    page = ROOT / name
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]

    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]

    assert missing == []


def test_every_file_named_in_a_command_exists() -> None:
    named = {word for _, words in COMMANDS for word in words if re.match(r"(configs|pipelines|docker|docs)/", word)}

    assert named
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []


def test_the_picture_is_small_enough_to_wait_for() -> None:
    assert (ROOT / "docs" / "img" / "report.png").stat().st_size < 400_000


def test_the_manifest_of_the_readme_is_read(tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    (table,) = _blocks(readme, "csv")
    (schema,) = _blocks(readme, "yaml")
    (tmp_path / "manifest.csv").write_text(table, "utf-8")
    (tmp_path / "schema.yaml").write_text(schema, "utf-8")
    for path in _paths(table):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    cohort = read_manifest(tmp_path / "manifest.csv", "pfs")

    first, second = cohort.cases
    assert (first.endpoints["pfs"].time_days, first.endpoints["pfs"].event) == (812.0, False)
    assert second.mask is None
    assert second.clinical == {"age": None, "stage": "III"}


def test_a_member_in_a_file_of_its_own_is_built_and_balances(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from medmtl.balancing.base import Balancer  # noqa: PLC0415  (needs torch)
    from medmtl.losses.base import TaskLoss  # noqa: PLC0415
    from medmtl.members import build  # noqa: PLC0415

    monkeypatch.syspath_prepend(ROOT / "docs" / "examples")
    (block,) = _blocks(ROOT / "docs" / "adding_a_member.md", "yaml")
    experiment = check_experiment(yaml.safe_load(block), "the page")
    losses = {"a": torch.tensor(8.0), "b": torch.tensor(2.0), "c": torch.tensor(0.0)}

    balancer = build(experiment.balancer, Balancer, tuple(losses))
    total = balancer({name: TaskLoss(value, active=name != "c") for name, value in losses.items()})

    assert float(total) == pytest.approx(4.0)  # the root of 8 times 2
    assert float(balancer({"c": TaskLoss(losses["c"], active=False)})) == 0.0


def test_the_signatures_shown_are_those_of_the_example() -> None:
    (shown,) = _blocks(ROOT / "docs" / "adding_a_member.md", "python")
    example = (ROOT / "docs" / "examples" / "geometric_mean.py").read_text("utf-8")

    for line in shown.splitlines():
        assert line.removesuffix(" ...") in example


@pytest.mark.parametrize("name", ["demo.yaml", "sts.yaml"])
def test_every_shipped_experiment_is_valid(name: str) -> None:
    assert read_experiment(ROOT / "configs" / name).name


def _paths(table: str) -> Iterator[str]:
    for line in table.splitlines()[1:]:
        yield from (cell for cell in line.split(",") if "/" in cell)
