"""The image keeps its promises: no root, no weights, no secrets, nothing fetched by address."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


def _instructions() -> list[tuple[str, str]]:
    """Return the instructions with their continued lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(words[0], words[1]) for line in joined.splitlines() if len(words := line.split(maxsplit=1)) == 2]


def _all(name: str) -> list[str]:
    return [rest for instruction, rest in _instructions() if instruction == name]


def test_the_last_user_is_a_number_and_not_root() -> None:
    user = _all("USER")[-1]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_entry_point_is_a_list_so_that_signals_reach_the_program() -> None:
    assert json.loads(_all("ENTRYPOINT")[-1]) == ["medmtl"]
    assert json.loads(_all("CMD")[-1]) == ["--help"]


def test_the_base_is_an_argument_and_names_a_version() -> None:
    base = _all("ARG")[0]

    assert base.startswith("BASE_IMAGE=")
    assert ":" in base
    assert not base.endswith(":latest")
    assert all(":latest" not in image for image in _all("FROM"))


def test_the_runtime_stage_has_no_compiler() -> None:
    text = DOCKERFILE.read_text("utf-8")
    runtime = text[text.index("AS runtime") :]

    assert "gcc" in text
    assert not re.search(r"gcc|g\+\+|python3-dev|apt-get", runtime)


def test_the_pins_are_copied_before_the_source() -> None:
    copies = _all("COPY")

    assert copies.index("constraints.txt pyproject.toml ./") < copies.index(". .")


@pytest.mark.parametrize(
    "pattern", [r"https?://", r"^ADD ", r"(?i)password|token|secret|api_key", r"\.ckpt|model\.tar"]
)
def test_the_image_fetches_nothing_by_address_and_holds_neither_secret_nor_weights(pattern: str) -> None:
    instructions = "\n".join(f"{name} {rest}" for name, rest in _instructions())

    assert not re.search(pattern, instructions, re.MULTILINE)


def test_caches_are_sent_to_the_one_place_that_can_be_written() -> None:
    environment = " ".join(_all("ENV"))

    for setting in ("HOME=/tmp", "MPLCONFIGDIR=/tmp/mpl", "XDG_CACHE_HOME=/tmp/cache", "HF_HUB_OFFLINE=1"):
        assert setting in environment


def test_only_what_is_named_reaches_the_build() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]

    assert rules[0] == "*"
    named = {rule[1:] for rule in rules if rule.startswith("!")}
    assert named == {"medmtl", "configs", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
